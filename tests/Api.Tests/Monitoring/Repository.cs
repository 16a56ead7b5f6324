using Sluice.TestKit;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>Files of the checkout these tests were built from.</summary>
internal static class Repository
{
    public static string PathOf(string file) => Path.GetFullPath(Path.Combine(NodeFactAttribute.Clients, "..", "..", file));

    public static string Read(string file) => File.ReadAllText(PathOf(file));
}
