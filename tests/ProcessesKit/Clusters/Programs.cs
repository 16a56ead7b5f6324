namespace Sluice.ProcessesKit.Clusters;

/// <summary>Where the programs are that these tests start: in the directory that <c>SLUICE_PROGRAMS</c> names, published as they are shipped, or beside the tests, as they were built.</summary>
internal static class Programs
{
    public static readonly string Directory = Environment.GetEnvironmentVariable("SLUICE_PROGRAMS") is { Length: > 0 } published ? published : AppContext.BaseDirectory;
}
