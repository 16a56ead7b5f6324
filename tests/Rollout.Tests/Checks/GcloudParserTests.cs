using System.Text.Json.Nodes;
using Sluice.Rollout.Tests.Cloud;
using Sluice.Rollout.Tests.Scenarios;

namespace Sluice.Rollout.Tests.Checks;

public sealed class GcloudParserTests
{
    [ToolFact("gcloud", optional: true)]
    public async Task The_real_gcloud_understands_every_command_line()
    {
        GcloudCall[] calls = [.. await CallsOfARolloutAsync(), .. await CallsOfAFirstDeploymentAsync()];
        calls.Select(call => call.Command).Distinct().Count().ShouldBe(7);

        (await ComplaintsAsync(calls.Select(CommandLine))).ShouldBeEmpty();
    }

    [ToolFact("gcloud", optional: true)]
    public async Task The_real_gcloud_refuses_a_flag_that_it_does_not_have() =>
        (await ComplaintsAsync(["gcloud run services update-traffic gateway --to-revision=a=10 --region=us-central1"]))
            .ShouldHaveSingleItem().ShouldContain("unrecognized arguments: --to-revision=a=10");

    private static async Task<IEnumerable<GcloudCall>> CallsOfARolloutAsync()
    {
        await using var stage = await Stage.StartAsync();
        await using var rollout = stage.Rollout("--canary-percent", "99");
        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);
        await using var rollback = stage.Rollback("--yes");
        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);
        return stage.Gcloud.Calls;
    }

    private static async Task<IEnumerable<GcloudCall>> CallsOfAFirstDeploymentAsync()
    {
        await using var stage = await Stage.StartAsync(serving: null);
        await using var rollout = stage.Rollout("--runtime-account", "sa-gateway@p.iam.gserviceaccount.com");
        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);
        return stage.Gcloud.Calls;
    }

    private static string CommandLine(GcloudCall call) => $"gcloud {string.Join(' ', call.Arguments.Select(argument => $"'{argument}'"))}";

    // gcloud's own check of command lines: it loads the parser of each command, and asks no network.
    private static async Task<IReadOnlyList<string>> ComplaintsAsync(IEnumerable<string> commandLines)
    {
        var file = Path.GetTempFileName();
        var asked = commandLines.Distinct().Select(line => new JsonObject { ["command_string"] = line });
        await File.WriteAllTextAsync(file, new JsonArray([.. asked]).ToJsonString());
        var (code, output) = await Tool.RunAsync("gcloud", "meta", "lint-gcloud-commands", $"--commands-file={file}");
        File.Delete(file);
        code.ShouldBe(0, output);
        return
        [
            .. JsonNode.Parse(output)!.AsArray()
                .Where(verdict => !verdict!["success"]!.GetValue<bool>())
                .Select(verdict => $"{verdict!["command_string"]}: {verdict["error_message"]}"),
        ];
    }
}
