namespace Sluice.Rollout.Tests.Scenarios;

public sealed class RollbackTests
{
    [Fact]
    public async Task It_goes_back_to_the_last_revision_that_had_all_traffic()
    {
        await using var stage = await Stage.StartAsync();
        await using var rollout = stage.Rollout("--canary-percent", "99");
        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);
        await using var rollback = stage.Rollback("--yes");

        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=99,gateway-old=1", "gateway-abc1234=100", Stage.OldAlone]);
    }

    [Fact]
    public async Task It_goes_back_to_the_one_that_is_named()
    {
        await using var stage = await RolledOutAsync();
        stage.Cloud.AddRevision("gateway-older");
        await using var rollback = stage.Rollback("--to", "gateway-older", "--yes");

        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);

        stage.Cloud.Traffic.ShouldBe("gateway-older=100");
    }

    [Fact]
    public async Task It_only_tells_what_it_would_do_until_it_is_told_yes()
    {
        await using var stage = await RolledOutAsync();
        await using var rollback = stage.Rollback();

        (await rollback.EndAsync()).ShouldBe(2, rollback.Output);

        rollback.Output.ShouldContain("traffic is gateway-abc1234=100; gateway-old gets all of it");
        stage.Cloud.Traffic.ShouldBe("gateway-abc1234=100");
    }

    [Fact]
    public async Task A_record_of_a_rollout_that_ended_well_is_nothing_to_give_back()
    {
        await using var stage = await RolledOutAsync();
        await File.WriteAllTextAsync(stage.RecordFile, """{"service":"gateway","recorded":"gateway-old","candidate":"gateway-abc1234","state":"finished"}""");
        await using var rollback = stage.Rollback("--yes", "--record", stage.RecordFile);

        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);

        stage.Cloud.Traffic.ShouldBe("gateway-abc1234=100");
    }

    [Fact]
    public async Task Where_nothing_was_rolled_out_there_is_nothing_to_go_back_to()
    {
        await using var stage = await Stage.StartAsync();
        await using var rollback = stage.Rollback("--yes");

        (await rollback.EndAsync()).ShouldBe(1, rollback.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
    }

    [Fact]
    public async Task A_revision_that_is_not_there_takes_no_traffic_away()
    {
        await using var stage = await Stage.StartAsync();
        stage.Environment["ROLLOUT_GIVE_BACK_S"] = "1";
        await using var rollback = stage.Rollback("--to", "gateway-gone", "--yes");

        (await rollback.EndAsync()).ShouldBe(3, rollback.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
    }

    // As a rollout leaves it.
    private static async Task<Stage> RolledOutAsync()
    {
        var stage = await Stage.StartAsync();
        stage.Cloud.Deploy(Stage.Image, "abc1234", noTraffic: true, "canary");
        stage.Cloud.UpdateTraffic(new Dictionary<string, int> { [Stage.New] = 100 }, new Dictionary<string, string> { ["stable"] = Stage.Old });
        return stage;
    }
}
