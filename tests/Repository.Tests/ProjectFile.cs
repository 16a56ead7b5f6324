using System.Xml.Linq;

namespace Sluice.Repository.Tests;

/// <summary>What a project refers to.</summary>
internal sealed record ProjectFile(string Name, string Path, IReadOnlyList<string> Projects, IReadOnlyList<string> Packages)
{
    public static IReadOnlyList<ProjectFile> All { get; } =
    [
        .. new[] { "src", "tests", "bench" }
            .Select(folder => RepositoryRoot.Combine(folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories))
            .Select(Load),
    ];

    public bool NamesOrleans => Packages.Any(package => package.StartsWith("Microsoft.Orleans", StringComparison.Ordinal));

    public static ProjectFile Named(string name) => All.Single(project => project.Name == name);

    public static ProjectFile Load(string path)
    {
        var xml = XDocument.Load(path);
        string[] Includes(string element) => [.. xml.Descendants(element).Select(e => e.Attribute("Include")?.Value).OfType<string>()];
        return new ProjectFile(
            System.IO.Path.GetFileNameWithoutExtension(path),
            path,
            [.. Includes("ProjectReference").Select(reference => System.IO.Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))],
            Includes("PackageReference"));
    }

    /// <summary>This project and everything it refers to, directly or not.</summary>
    public IEnumerable<ProjectFile> Closure() => Projects.SelectMany(name => Named(name).Closure()).Prepend(this).DistinctBy(project => project.Name);
}
