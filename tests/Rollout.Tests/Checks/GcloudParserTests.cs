using System.Text.Json.Nodes;
using Sluice.Rollout.Tests.Scenarios;

namespace Sluice.Rollout.Tests.Checks;

public sealed class GcloudParserTests
{
    [ToolFact("gcloud", optional: true)]
    public async Task The_real_gcloud_understands_every_command_line()
    {
        string[] lines = [.. await LinesOfARolloutAsync(), .. await LinesOfAFirstDeploymentAsync()];
        lines.Select(line => string.Join(' ', line.Split(' ').TakeWhile(word => !word.StartsWith('-')).Take(3))).Distinct().Count().ShouldBeGreaterThanOrEqualTo(7);

        foreach (var refused in await RefusedAsync(lines))
        {
            Assert.Fail(refused);
        }
    }

    [ToolFact("gcloud", optional: true)]
    public async Task The_real_gcloud_refuses_a_flag_that_it_does_not_have() =>
        (await RefusedAsync(["run services update-traffic gateway --to-revision=a=10 --region=us-central1"])).ShouldHaveSingleItem();

    private static async Task<IEnumerable<string>> LinesOfARolloutAsync()
    {
        await using var stage = await Stage.StartAsync();
        await using var rollout = stage.Rollout("--canary-percent", "99");
        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);
        await using var rollback = stage.Rollback("--yes");
        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);
        return stage.Gcloud.Calls.Select(call => call.Line).Distinct();
    }

    private static async Task<IEnumerable<string>> LinesOfAFirstDeploymentAsync()
    {
        await using var stage = await Stage.StartAsync(serving: null);
        await using var rollout = stage.Rollout("--runtime-account", "sa-gateway@p.iam.gserviceaccount.com");
        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);
        return stage.Gcloud.LinesOf("run deploy");
    }

    // gcloud's own check of command lines: it loads the parser of each command and asks no network.
    private static async Task<IReadOnlyList<string>> RefusedAsync(IEnumerable<string> lines)
    {
        List<string> refused = [];
        foreach (var line in lines)
        {
            var (code, output) = await Tool.RunAsync("gcloud", "meta", "lint-gcloud-commands", $"--command-string=gcloud {line}");
            var verdict = code == 0 ? JsonNode.Parse(output)![0]! : null;
            if (verdict?["success"]?.GetValue<bool>() != true)
            {
                refused.Add($"{line}: {verdict?["error_message"]?.ToString() ?? output}");
            }
        }

        return refused;
    }
}
