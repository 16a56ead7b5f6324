using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Sluice.Repository.Tests.Images;

public sealed partial class DockerfileTests
{
    private static readonly string[] Names =
        [.. Directory.EnumerateFiles(RepositoryRoot.Combine("infra", "docker")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files => [.. Names];

    [Fact]
    public void There_is_an_image_of_the_gateway_and_one_of_a_silo() => Names.ShouldBe(["Dockerfile.gateway", "Dockerfile.silo"]);

    [Theory]
    [MemberData(nameof(Files))]
    public void Bases_are_named_by_version_and_digest(string file)
    {
        var dockerfile = Dockerfile.Named(file);
        var bases = dockerfile.Values("ARG").Where(value => value.Contains('=', StringComparison.Ordinal)).ToList();
        bases.Count.ShouldBe(2);
        bases.ShouldAllBe(value => PinnedBase().IsMatch(value));
        dockerfile.Values("FROM").ShouldBe(["--platform=$BUILDPLATFORM ${SDK} AS build", "${RUNTIME}"]);
        bases.ShouldContain(value => value.StartsWith("RUNTIME=", StringComparison.Ordinal) && value.Contains("-chiseled@", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void It_runs_as_nobody_in_particular_and_without_a_shell(string file)
    {
        var dockerfile = Dockerfile.Named(file);
        dockerfile.Ships("USER").ShouldBe("$APP_UID");
        dockerfile.Ships("ENTRYPOINT").ShouldMatch("""^\["/app/[a-z-]+"\]$""");
        dockerfile.Shipped.ShouldNotContain(instruction => instruction.Name == "RUN" || instruction.Name == "CMD");
        dockerfile.Ships("ENV").Split(' ').ShouldBe(["DOTNET_EnableDiagnostics=0", "PGGSSENCMODE=disable", "PORT=8080"]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Only_what_is_built_goes_in_and_only_what_was_built_comes_out(string file)
    {
        var dockerfile = Dockerfile.Named(file);
        dockerfile.Values("COPY").ShouldBe(["global.json Directory.Build.props Directory.Packages.props .editorconfig ./", "src src", "--from=build /app ."]);
        dockerfile.Values("ADD").ShouldBeEmpty();
        dockerfile.Values("RUN").ShouldHaveSingleItem().ShouldContain("--property:PublishReadyToRun=true");
    }

    [Fact]
    public void Nothing_is_sent_to_a_build_that_no_Dockerfile_copies() =>
        File.ReadLines(RepositoryRoot.Combine(".dockerignore")).Where(line => line.Length > 0 && line[0] is '*' or '!')
            .ShouldBe(["*", "!global.json", "!Directory.Build.props", "!Directory.Packages.props", "!.editorconfig", "!src"]);

    [Theory]
    [InlineData("Dockerfile.gateway", "Api", "Release")]
    [InlineData("Dockerfile.silo", "Silo", "Clustered")]
    public void What_is_started_is_what_the_project_builds(string file, string name, string configuration)
    {
        Dockerfile.Named(file).Values("RUN").Single().ShouldContain($"dotnet publish src/{name} --configuration {configuration} ");
        foreach (var project in ProjectFile.All.Where(project => project.Name == name))
        {
            var program = XDocument.Load(project.Path).Descendants("AssemblyName").Single().Value;
            Dockerfile.Named(file).Ships("ENTRYPOINT").ShouldBe($"[\"/app/{program}\"]");
        }
    }

    [GeneratedRegex(@"^[A-Z]+=mcr\.microsoft\.com/dotnet/[a-z]+:\d+\.\d+\.\d+-[a-z-]+@sha256:[0-9a-f]{64}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PinnedBase();
}
