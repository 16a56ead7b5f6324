using System.Text.RegularExpressions;

namespace Sluice.Repository.Tests;

public sealed partial class SolutionTests
{
    private static readonly string Text = File.ReadAllText(RepositoryRoot.Combine("Orleans.sln"));

    [Fact]
    public void The_root_has_one_solution() =>
        Directory.EnumerateFiles(RepositoryRoot.Path).Where(file => file.EndsWith(".sln", StringComparison.Ordinal) || file.EndsWith(".slnx", StringComparison.Ordinal))
            .ShouldHaveSingleItem();

    [Fact]
    public void The_solution_holds_every_project() =>
        ProjectIds(Text).Keys.Order().ShouldBe(ProjectFile.All.Select(project => project.Name).Order());

    [Fact]
    public void Debug_and_release_build_what_restores_everywhere_and_clustered_builds_all() =>
        Mistakes(Text, NeedsOrleans).ShouldBeEmpty();

    [Fact]
    public void A_clustered_project_that_debug_builds_is_noticed()
    {
        Mistakes(Text, name => name == "Core" || NeedsOrleans(name)).ShouldBe(["Core is built by Debug but needs Orleans", "Core is built by Release but needs Orleans"]);
        var withoutClustered = Text.Replace(".Clustered|Any CPU.Build.0", ".Clustered|Any CPU.Gone", StringComparison.Ordinal);
        Mistakes(withoutClustered, NeedsOrleans).ShouldContain("Core is not built by Clustered");
    }

    private static bool NeedsOrleans(string name) => ProjectFile.Named(name).Closure().Any(project => project.NamesOrleans);

    private static IEnumerable<string> Mistakes(string solution, Func<string, bool> needsOrleans)
    {
        foreach (var (name, id) in ProjectIds(solution))
        {
            foreach (var configuration in new[] { "Debug", "Release", "Clustered" })
            {
                var built = solution.Contains($"{id}.{configuration}|Any CPU.Build.0", StringComparison.Ordinal);
                if (built && configuration != "Clustered" && needsOrleans(name))
                {
                    yield return $"{name} is built by {configuration} but needs Orleans";
                }

                if (!built && (configuration == "Clustered" || !needsOrleans(name)))
                {
                    yield return $"{name} is not built by {configuration}";
                }
            }
        }
    }

    private static Dictionary<string, string> ProjectIds(string solution) =>
        ProjectLine().Matches(solution).ToDictionary(match => match.Groups["name"].Value, match => match.Groups["id"].Value);

    [GeneratedRegex("""^Project\("[^"]+"\) = "(?<name>[^"]+)", "[^"]+\.csproj", "(?<id>[^"]+)"$""", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProjectLine();
}
