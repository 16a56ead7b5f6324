namespace Sluice.Storage.Tests.Sqlite;

/// <summary>A directory for one test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sluice-store-").FullName;

    public string File => System.IO.Path.Combine(Path, "sluice.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
