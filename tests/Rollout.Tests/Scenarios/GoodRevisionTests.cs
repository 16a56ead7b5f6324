using Sluice.Rollout.Tests.Cloud;
using Sluice.Rollout.Tests.Gateways;

namespace Sluice.Rollout.Tests.Scenarios;

public sealed class GoodRevisionTests
{
    [Fact]
    public async Task A_good_revision_gets_all_traffic_step_by_step()
    {
        await using var stage = await Stage.StartAsync();
        var output = Path.GetTempFileName();
        stage.Environment["GITHUB_OUTPUT"] = output;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe(Stage.Steps);
        stage.Gcloud.LinesOf("run deploy").ShouldBe(
        [
            $"run deploy gateway --region=us-central1 --image={Stage.Image} --revision-suffix=abc1234 --no-traffic --tag=canary --project=p --quiet",
        ]);
        stage.Gcloud.LinesOf("run services update-traffic").ShouldBe(
        [
            "run services update-traffic gateway --region=us-central1 --to-revisions=gateway-abc1234=10,gateway-old=90 --update-tags=stable=gateway-old --project=p --quiet",
            "run services update-traffic gateway --region=us-central1 --to-revisions=gateway-abc1234=25,gateway-old=75 --update-tags=stable=gateway-old --project=p --quiet",
            "run services update-traffic gateway --region=us-central1 --to-revisions=gateway-abc1234=50,gateway-old=50 --update-tags=stable=gateway-old --project=p --quiet",
            "run services update-traffic gateway --region=us-central1 --to-revisions=gateway-abc1234=100 --update-tags=stable=gateway-old --project=p --quiet",
        ]);
        stage.Recorded().ShouldBe((Stage.Old, "finished"));
        (await File.ReadAllTextAsync(output)).ShouldBe("recorded=gateway-old\n");
        File.Delete(output);
    }

    [Fact]
    public async Task Fewer_errors_than_the_limit_stop_nothing()
    {
        await using var stage = await Stage.StartAsync();
        stage.Environment["ROLLOUT_CANARY_REQUESTS"] = "50";
        stage.Fault = static visit => visit is { Revision: Stage.New, AtTag: true, Path: "/invoke" } && visit.Number % 20 == 19 ? Fault.Failing : Fault.None;
        await using var rollout = stage.Rollout("--canary-percent", "50");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.Traffic.ShouldBe("gateway-abc1234=100");
        rollout.Output.ShouldContain("canary: 50 requests, 2 failed");
    }

    [Fact]
    public async Task The_first_share_can_be_chosen()
    {
        await using var stage = await Stage.StartAsync();
        await using var rollout = stage.Rollout("--canary-percent", "30");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe(
            [Stage.OldAlone, "gateway-abc1234=30,gateway-old=70", "gateway-abc1234=50,gateway-old=50", "gateway-abc1234=100"]);
    }

    [Fact]
    public async Task A_commit_that_was_deployed_before_gets_another_revision()
    {
        await using var stage = await Stage.StartAsync();
        stage.Cloud.AddRevision("gateway-abc1234");
        await using var rollout = stage.Rollout("--canary-percent", "99");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234-2=99,gateway-old=1", "gateway-abc1234-2=100"]);
    }

    [Fact]
    public async Task A_failure_of_gcloud_that_passes_is_waited_out()
    {
        await using var stage = await Stage.StartAsync();
        var failed = new HashSet<string>();
        stage.Gcloud.Before = (call, _) =>
            failed.Add(call.Line) ? throw new GcloudException("UNAVAILABLE: The service is currently unavailable.") : Task.CompletedTask;
        await using var rollout = stage.Rollout("--canary-percent", "50");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=50,gateway-old=50", "gateway-abc1234=100"]);
    }

    [Fact]
    public async Task A_deployment_not_heard_of_to_its_end_is_made_again_under_another_name()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.After = static (call, _) => call["--revision-suffix="] == "abc1234"
            ? throw new GcloudException("gcloud crashed (ConnectionError): Connection reset by peer")
            : Task.CompletedTask;
        await using var rollout = stage.Rollout("--canary-percent", "99");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.Traffic.ShouldBe("gateway-abc1234-2=100");
    }

    [Fact]
    public async Task A_request_log_that_may_not_be_read_stops_nothing()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.Before = static (call, _) =>
            call.Command == "logging read" ? throw new GcloudException("PERMISSION_DENIED: Permission denied for all log views") : Task.CompletedTask;
        await using var rollout = stage.Rollout("--canary-percent", "99");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        rollout.Output.ShouldContain("what clients got is not judged");
    }
}
