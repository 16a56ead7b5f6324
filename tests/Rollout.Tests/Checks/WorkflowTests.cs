using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Sluice.Rollout.Tests.Checks;

public sealed partial class WorkflowTests
{
    private const string Name = ".github/workflows/deploy-gateway-bluegreen.yml";

    private static readonly string Text = File.ReadAllText(Repository.Combine(Name));
    private static readonly YamlMappingNode Workflow = Parsed();

    private static string[] Paths => [.. ((YamlSequenceNode)Workflow["on"]["push"]["paths"]).Select(path => path.ToString())];

    private static YamlMappingNode[] Steps => [.. ((YamlSequenceNode)Workflow["jobs"]["deploy"]["steps"]).Cast<YamlMappingNode>()];

    [Fact]
    public void A_push_to_main_that_changes_the_gateway_deploys_it()
    {
        ((YamlSequenceNode)Workflow["on"]["push"]["branches"]).ShouldHaveSingleItem().ToString().ShouldBe("main");
        new[] { Name, "infra/**", ".dockerignore" }.ShouldBeSubsetOf(Paths);
    }

    [Fact]
    public void So_does_everything_else_that_its_image_is_built_from()
    {
        var sources = CopiedFromTheContext().Matches(File.ReadAllText(Repository.Combine("infra", "docker", "Dockerfile.gateway")))
            .SelectMany(copy => copy.Groups["sources"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        sources.Select(source => Directory.Exists(Repository.Combine(source)) ? $"{source}/**" : source).ShouldBeSubsetOf(Paths);
    }

    [Fact]
    public void It_logs_in_without_a_key_and_may_do_no_more_than_that()
    {
        ((YamlMappingNode)Workflow["permissions"]).ToDictionary(permission => permission.Key.ToString(), permission => permission.Value.ToString())
            .ShouldBe(new Dictionary<string, string> { ["contents"] = "read", ["id-token"] = "write" });
        Secret().Matches(Text).Select(secret => secret.Groups["name"].Value).Distinct().ShouldBe(
            ["GCP_PROJECT_ID", "GCP_WIF_PROVIDER", "GCP_WIF_SA", "CANARY_PERCENT", "ENGINE_ID", "GATEWAY_API_KEY"], ignoreOrder: true);
        Text.ShouldContain("secrets.ENGINE_ID || 'bobs-brain-engine'");
        Text.ShouldContain("secrets.CANARY_PERCENT || '10'");
    }

    [Fact]
    public void Rollouts_do_not_overlap_and_are_not_cut_short_by_the_next()
    {
        Workflow["concurrency"]["group"].ToString().ShouldNotContain("${{");
        Workflow["concurrency"]["cancel-in-progress"].ToString().ShouldBe("false");
    }

    [Fact]
    public void The_image_is_named_by_its_commit_and_deployed_by_its_digest()
    {
        Text.ShouldContain("${GITHUB_SHA:0:7}");
        Steps.Single(step => Has(step, "id", "push"))["with"]["file"].ToString().ShouldBe("infra/docker/Dockerfile.gateway");
        Text.ShouldContain("IMAGE: ${{ steps.image.outputs.name }}@${{ steps.push.outputs.digest }}");
    }

    [Fact]
    public void A_rollout_that_was_cut_short_is_followed_by_giving_back_what_it_recorded()
    {
        var rollout = Steps.Single(step => Has(step, "name", "Roll out"))["run"].ToString();
        var last = Steps[^1];

        rollout.ShouldStartWith("exec infra/rollout/rollout");
        last["if"].ToString().ShouldBe("failure() || cancelled()");
        last["run"].ToString().ShouldContain("infra/rollout/rollback --yes");
        Record().Match(last["run"].ToString()).Value.ShouldBe(Record().Match(rollout).Value);
    }

    private static YamlMappingNode Parsed()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Text));
        return (YamlMappingNode)yaml.Documents.ShouldHaveSingleItem().RootNode;
    }

    private static bool Has(YamlMappingNode step, string key, string value) =>
        step.Children.TryGetValue(new YamlScalarNode(key), out var found) && found.ToString() == value;

    [GeneratedRegex(@"^COPY (?!--from)(?<sources>(?:\S+ )+)\S+$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CopiedFromTheContext();

    [GeneratedRegex(@"secrets\.(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Secret();

    [GeneratedRegex(@"--record ""[^""]+""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Record();
}
