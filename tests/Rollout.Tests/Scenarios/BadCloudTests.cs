using Sluice.Rollout.Tests.Cloud;

namespace Sluice.Rollout.Tests.Scenarios;

public sealed class BadCloudTests
{
    private const string To25 = "gateway-abc1234=25,gateway-old=75";

    [Fact]
    public async Task Another_ones_canary_is_left_alone()
    {
        await using var stage = await Stage.StartAsync();
        stage.Cloud.AddRevision("gateway-theirs");
        stage.Cloud.UpdateTraffic(new Dictionary<string, int> { ["gateway-theirs"] = 20, ["gateway-old"] = 80 }, new Dictionary<string, string>());
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(2, rollout.Output);

        stage.Cloud.Traffic.ShouldBe("gateway-old=80,gateway-theirs=20");
        stage.Gcloud.Calls.ShouldAllBe(call => call.Command == "run services list" || call.Command == "run services describe");
    }

    [Fact]
    public async Task A_revision_that_does_not_start_gets_no_traffic()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.After = static (call, _) => call.Command == "run deploy"
            ? throw new GcloudException("The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable.")
            : Task.CompletedTask;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
        stage.Gcloud.LinesOf("run deploy").Count().ShouldBe(1);
        stage.Gcloud.LinesOf("run services update-traffic").ShouldBeEmpty();
    }

    [Fact]
    public async Task Traffic_that_may_not_be_moved_on_is_given_back()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.Before = static (call, _) => call["--to-revisions="] == To25 ? throw new GcloudException("PERMISSION_DENIED") : Task.CompletedTask;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
    }

    [Fact]
    public async Task A_move_that_failed_and_had_its_effect_all_the_same_is_undone()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.After = static (call, _) => call["--to-revisions="]?.Contains("=10,", StringComparison.Ordinal) == true
            ? throw new GcloudException("gcloud crashed (AssertionError)")
            : Task.CompletedTask;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
    }

    [Fact]
    public async Task A_move_that_was_confirmed_and_never_happened_is_found_by_reading_back()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.IsLost = static call => call["--to-revisions="] == To25;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
        rollout.Output.ShouldContain("traffic is gateway-abc1234=10,gateway-old=90, not gateway-abc1234=25,gateway-old=75");
        Stage.WatchedSteps(rollout).ShouldBe(1);
    }

    [Fact]
    public async Task A_gcloud_that_hangs_is_not_waited_for()
    {
        await using var stage = await Stage.StartAsync();
        stage.Environment["ROLLOUT_ATTEMPT_S"] = "1";
        stage.Environment["ROLLOUT_ATTEMPTS"] = "2";
        stage.Gcloud.Before = static (call, cancellationToken) => call["--to-revisions="] == To25 ? Task.Delay(Timeout.Infinite, cancellationToken) : Task.CompletedTask;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
        stage.Gcloud.Calls.Count(call => call["--to-revisions="] == To25).ShouldBe(2);
    }

    [Fact]
    public async Task Giving_back_is_tried_until_it_works()
    {
        await using var stage = await Stage.StartAsync();
        var refused = 0;
        stage.Gcloud.Before = (call, _) => call["--to-revisions="] switch
        {
            To25 => throw new GcloudException("PERMISSION_DENIED"),
            Stage.OldAlone when refused++ < 3 => throw new GcloudException("NOT_FOUND: whatever the reason"),
            _ => Task.CompletedTask,
        };
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
    }

    [Fact]
    public async Task Traffic_that_cannot_be_given_back_in_time_is_told_by_the_exit_code()
    {
        await using var stage = await Stage.StartAsync();
        stage.Environment["ROLLOUT_GIVE_BACK_S"] = "2";
        stage.Gcloud.Before = static (call, _) =>
            call["--to-revisions="] is To25 or Stage.OldAlone ? throw new GcloudException("PERMISSION_DENIED") : Task.CompletedTask;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(3, rollout.Output);

        stage.Cloud.History.ShouldBe(Stage.Steps.Take(2));
        stage.Recorded().ShouldBe((Stage.Old, "moved"));
    }

    [Fact]
    public async Task Who_takes_the_traffic_away_meanwhile_is_not_overruled()
    {
        await using var stage = await Stage.StartAsync();
        stage.Cloud.AddRevision("gateway-older");
        var moved = stage.Cloud.BecomesAsync(Stage.Steps[1]);
        await using var rollout = stage.Rollout();
        await moved;
        stage.Cloud.UpdateTraffic(new Dictionary<string, int> { ["gateway-older"] = 100 }, new Dictionary<string, string>());

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), "gateway-older=100"]);
        stage.Recorded().ShouldBe((Stage.Old, "left"));
    }

    [Fact]
    public async Task Who_moves_traffic_meanwhile_and_leaves_some_to_the_new_revision_ends_the_rollout()
    {
        await using var stage = await Stage.StartAsync();
        var moved = stage.Cloud.BecomesAsync(Stage.Steps[1]);
        await using var rollout = stage.Rollout();
        await moved;
        stage.Cloud.UpdateTraffic(new Dictionary<string, int> { [Stage.New] = 60, [Stage.Old] = 40 }, new Dictionary<string, string>());

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), "gateway-abc1234=60,gateway-old=40", Stage.OldAlone]);
    }
}
