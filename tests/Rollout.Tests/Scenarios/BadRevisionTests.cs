using Sluice.Rollout.Tests.Gateways;

namespace Sluice.Rollout.Tests.Scenarios;

public sealed class BadRevisionTests
{
    [Theory]
    [InlineData(nameof(Fault.Dead), "health at", "no_answer")]
    [InlineData(nameof(Fault.Failing), "health at", "status_500")]
    [InlineData(nameof(Fault.AnotherRevision), "health at", "revision_another")]
    [InlineData(nameof(Fault.AnotherEngine), "health at", "reasoningEngines/another")]
    [InlineData(nameof(Fault.Empty), "stream at", "no_done")]
    [InlineData(nameof(Fault.Cut), "stream at", "no_done")]
    public async Task One_that_does_not_work_at_its_own_url_gets_no_traffic(string fault, string what, string why)
    {
        await using var stage = await Stage.StartAsync();
        stage.Fault = visit => visit.Revision == Stage.New ? Enum.Parse<Fault>(fault) : Fault.None;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
        stage.Gcloud.LinesOf("run services update-traffic").ShouldBeEmpty();
        stage.Recorded().ShouldBe((Stage.Old, "recorded"));
        rollout.Output.ShouldContain(what);
        rollout.Output.ShouldContain(why);
    }

    [Theory]
    [InlineData(nameof(Fault.Dead))]
    [InlineData(nameof(Fault.Failing))]
    [InlineData(nameof(Fault.Slow))]
    [InlineData(nameof(Fault.Empty))]
    [InlineData(nameof(Fault.Cut))]
    public async Task One_that_fails_under_traffic_loses_it(string fault)
    {
        await using var stage = await Stage.StartAsync();
        stage.Guardrails["latency_p95_s"] = 1;
        stage.Fault = visit => visit is { Revision: Stage.New, IsTurn: true, Percent: > 0 } ? Enum.Parse<Fault>(fault) : Fault.None;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=10,gateway-old=90", Stage.OldAlone]);
        stage.Recorded().ShouldBe((Stage.Old, "given_back"));
    }

    [Fact]
    public async Task Six_percent_of_errors_are_seen_at_its_own_url_where_a_tenth_of_the_traffic_would_hide_them()
    {
        await using var stage = await Stage.StartAsync();
        stage.Environment["ROLLOUT_CANARY_REQUESTS"] = "50";

        // Three of fifty requests; ten of them are streams.
        stage.Fault = static visit => visit is { Revision: Stage.New, Path: "/invoke", Number: 11 or 22 or 33 } ? Fault.Failing : Fault.None;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=10,gateway-old=90", Stage.OldAlone]);
        rollout.Output.ShouldContain("canary: 3 of 50 requests failed: status_500");
    }

    [Theory]
    [InlineData(25, 3)]
    [InlineData(100, 5)]
    public async Task One_that_fails_half_way_through_a_later_step_loses_all_it_had(int percent, int seen)
    {
        await using var stage = await Stage.StartAsync();

        // The step before has asked for eight answers and two streams.
        var healthy = ((seen - 2) * 8) + 4;
        stage.Fault = visit => visit is { Revision: Stage.New, AtTag: true, Path: "/invoke" } && visit.Number > healthy && visit.Percent >= percent
            ? Fault.Failing
            : Fault.None;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(seen), Stage.OldAlone]);
    }

    [Fact]
    public async Task One_that_works_only_at_its_own_url_loses_its_traffic()
    {
        await using var stage = await Stage.StartAsync();
        stage.Fault = static visit => visit is { Revision: Stage.New, AtTag: false, IsTurn: true } ? Fault.Failing : Fault.None;
        await using var rollout = stage.Rollout("--canary-percent", "50");

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=50,gateway-old=50", Stage.OldAlone]);
        rollout.Output.ShouldContain("over: service: 1 of 4 requests failed");
    }

    [Fact]
    public async Task What_only_clients_see_is_read_from_the_request_log()
    {
        await using var stage = await Stage.StartAsync();
        stage.Gcloud.RequestLog = [.. Enumerable.Repeat(200, 47), 404, 500, 502, 503];
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=10,gateway-old=90", Stage.OldAlone]);
        rollout.Output.ShouldContain("3 of 51 requests of clients failed");
    }

    [Fact]
    public async Task Health_that_changes_its_revision_while_it_is_watched_is_noticed()
    {
        await using var stage = await Stage.StartAsync();
        stage.Fault = static visit => visit is { Revision: Stage.New, Path: "/_health", Percent: > 0 } ? Fault.AnotherRevision : Fault.None;
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone, "gateway-abc1234=10,gateway-old=90", Stage.OldAlone]);
    }
}
