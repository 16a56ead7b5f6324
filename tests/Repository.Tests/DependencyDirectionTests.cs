using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.Repository.Tests;

public sealed partial class DependencyDirectionTests
{
    /// <summary>Who may refer to whom inside src; a project that is not listed may refer to none.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Emulator"] = [],
        ["Vertex"] = ["Core"],
        ["Storage"] = ["Core"],
        ["Api"] = ["Core", "Vertex", "Storage", "Emulator"],
        ["Grains"] = ["Core"],
        ["Silo"] = ["Core", "Api", "Grains"],
        ["Client"] = [],
    };

    private static readonly string[] Names =
        [.. ProjectFile.All.Where(project => project.Path.StartsWith(RepositoryRoot.Combine("src"), StringComparison.Ordinal)).Select(project => project.Name)];

    public static TheoryData<string> Sources => [.. Names];

    [Theory]
    [MemberData(nameof(Sources))]
    public void A_project_refers_only_to_what_lies_below_it(string project) =>
        ProjectFile.Named(project).Projects.ShouldBeSubsetOf(Allowed.GetValueOrDefault(project, []));

    [Fact]
    public void Core_needs_no_package_and_names_neither_web_nor_database_nor_cluster()
    {
        ProjectFile.Named("Core").Packages.ShouldBeEmpty();
        Naming("Core", @"Microsoft\.AspNetCore|Npgsql|Orleans|Microsoft\.Data|System\.Net\.Http").ShouldBeEmpty();
    }

    [Fact]
    public void Only_the_clustered_projects_name_orleans()
    {
        string[] clustered = ["Grains", "Silo"];
        foreach (var project in ProjectFile.All.Where(project => !clustered.Any(name => project.Name.StartsWith(name, StringComparison.Ordinal))))
        {
            project.NamesOrleans.ShouldBeFalse(project.Name);
        }

        foreach (var project in Names.Except(clustered))
        {
            Naming(project, @"using Orleans|Microsoft\.Orleans").ShouldBeEmpty();
        }

        foreach (var project in ProjectFile.All.Where(project => !clustered.Any(name => project.Name.StartsWith(name, StringComparison.Ordinal))))
        {
            NamingIn(Path.GetDirectoryName(project.Path)!, @"^using Orleans|^using static Orleans").ShouldBeEmpty(project.Name);
        }
    }

    [Fact]
    public void The_solution_restores_where_orleans_does_not()
    {
        foreach (var project in ProjectFile.All.Where(project => project.NamesOrleans))
        {
            var asked = XDocument.Load(project.Path).Descendants("PackageReference")
                .Where(package => package.Attribute("Include")!.Value.StartsWith("Microsoft.Orleans", StringComparison.Ordinal));
            asked.Select(package => package.Parent!.Attribute("Condition")?.Value).ShouldAllBe(condition => condition == "'$(Configuration)' == 'Clustered'", project.Name);
        }
    }

    [Fact]
    public void No_agent_runs_inside_the_gateway()
    {
        // The agent's code runs in the engine. The gateway speaks HTTP to it and knows none of its frameworks; the emulator plays one, down to its error texts.
        foreach (var project in Names.Except(["Emulator"]))
        {
            ProjectFile.Named(project).Packages.ShouldNotContain(package => package.Contains("Adk", StringComparison.OrdinalIgnoreCase));
            Naming(project, @"\bRunner\b|google\.adk|Google\.Adk").ShouldBeEmpty();
        }
    }

    private static IEnumerable<string> Naming(string project, string pattern) => NamingIn(RepositoryRoot.Combine("src", project), pattern);

    private static IEnumerable<string> NamingIn(string folder, string pattern) =>
        from file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        where !GeneratedFolder().IsMatch(file)
        from line in File.ReadLines(file)
        where Regex.IsMatch(line, pattern, RegexOptions.None, TimeSpan.FromSeconds(1))
        select $"{file}: {line.Trim()}";

    [GeneratedRegex(@"[\\/](bin|obj)[\\/]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GeneratedFolder();
}
