using Sluice.Api.Problems;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Tests.Http;

public sealed class FailureTests
{
    [Fact]
    public async Task The_engines_message_code_and_status_reach_the_caller_on_both_routes()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ =>
            EngineOutcome.Failed(new EngineFault(FaultKind.AgentFailed, "Agent Engine Error: <it> broke.", 400))));

        foreach (var path in new[] { "/invoke", "/invoke/stream" })
        {
            using var response = await gateway.PostAsync(path, """{"text":"a"}""");
            var problem = await response.ProblemAsync(400, "agent_failed");
            problem.Text("detail").ShouldBe("Agent Engine Error: <it> broke.");
            problem.GetProperty("upstream_status").GetInt32().ShouldBe(400);
            problem.Text("turn_id").ShouldBe(response.Header("X-Turn-Id"));
        }
    }

    [Fact]
    public async Task The_engines_own_wait_is_passed_on_rounded_up()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ =>
            EngineOutcome.Failed(new EngineFault(FaultKind.QuotaExceeded, "Quota.", 429, TimeSpan.FromSeconds(6.5)))));

        using var response = await gateway.PostAsync("/invoke", """{"text":"a"}""");

        await response.ProblemAsync(429, "engine_quota_exceeded");
        response.Header("Retry-After").ShouldBe("7");
    }

    [Theory]
    [InlineData(409, 409)]
    [InlineData(404, 404)]
    [InlineData(401, 502)]
    [InlineData(403, 502)]
    [InlineData(407, 502)]
    [InlineData(null, 400)]
    [InlineData(200, 400)]
    public void What_the_engine_refuses_keeps_its_status_unless_it_is_about_the_gateways_credentials(int? upstream, int status) =>
        ProblemTable.Of(Failed(new EngineFault(FaultKind.InvalidRequest, "No.", upstream))).Status.ShouldBe(status);

    [Fact]
    public void Every_fault_has_the_status_and_code_of_its_row()
    {
        foreach (var row in FaultTable.All)
        {
            var problem = ProblemTable.Of(Failed(new EngineFault(row.Kind, "It failed.")));
            problem.Status.ShouldBe(row.HttpStatus);
            problem.Code.ShouldBe(row.Code);
            problem.TellsRetryAfter.ShouldBe(row.HttpStatus is 429 or 503);
            ProblemTable.IsRetryable(Failed(new EngineFault(row.Kind, "It failed."))).ShouldBe(row.Retry == RetryVerdict.NotStarted);
        }
    }

    [Fact]
    public void A_turn_of_unknown_end_is_never_said_to_be_safe_to_repeat() =>
        ProblemTable.IsRetryable(Failed(new EngineFault(FaultKind.Unreachable, "Lost.")) with { State = TurnState.Unknown }).ShouldBeFalse();

    [Theory]
    [InlineData(FaultKind.Unavailable)]
    [InlineData(FaultKind.QuotaExceeded)]
    public void A_turn_of_unknown_end_never_tells_a_client_to_come_back(FaultKind kind)
    {
        var problem = ProblemTable.Of(Failed(new EngineFault(kind, "Lost.", RetryAfter: TimeSpan.FromSeconds(1))) with { State = TurnState.Unknown });
        problem.Status.ShouldBe(502);
        problem.TellsRetryAfter.ShouldBeFalse();
    }

    [Fact]
    public async Task A_turn_of_unknown_end_says_so_and_what_to_do()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(_ =>
            EngineOutcome.Failed(new EngineFault(FaultKind.CutStream, "The connection broke."))));

        using var response = await gateway.PostAsync("/invoke", """{"text":"a","session_id":"s"}""");

        var problem = await response.ProblemAsync(502, "engine_stream_cut");
        problem.Text("state").ShouldBe("unknown");
        problem.Text("detail").ShouldBe("The connection broke. It is not known whether the turn finished: look at what the agent has done before sending it again.");
        using var turn = await gateway.Client.GetAsync($"/sessions/s/turns/{response.Header("X-Turn-Id")}");
        var shown = await turn.JsonAsync();
        shown.Text("state").ShouldBe("unknown");
        shown.GetProperty("error").GetProperty("retryable").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public void A_turn_that_is_known_not_to_have_started_may_be_sent_again() =>
        ProblemTable.IsRetryable(Failed(new EngineFault(FaultKind.CutStream, "Lost.") { NeverStarted = true })).ShouldBeTrue();

    [Theory]
    [InlineData(CancelReason.Requested, 409)]
    [InlineData(CancelReason.Abandoned, 409)]
    [InlineData(CancelReason.Interrupted, 409)]
    [InlineData(CancelReason.Forgotten, 409)]
    [InlineData(CancelReason.Stopping, 503)]
    public void A_cancelled_turn_is_a_conflict_unless_the_gateway_stops(CancelReason reason, int status)
    {
        var problem = ProblemTable.Of(new TurnEnd { State = TurnState.Cancelled, At = default, Cancelled = reason });
        problem.Status.ShouldBe(status);
        problem.Code.ShouldBe("turn_cancelled");
        problem.Cancelled.ShouldBe(reason);
    }

    [Theory]
    [InlineData(Refusal.Busy, 409)]
    [InlineData(Refusal.QueueFull, 429)]
    [InlineData(Refusal.KeyReused, 422)]
    [InlineData(Refusal.OtherUser, 409)]
    [InlineData(Refusal.TooManySessions, 503)]
    [InlineData(Refusal.Stopping, 503)]
    public void Every_refusal_has_its_status(Refusal refusal, int status) => ProblemTable.Of(refusal).Status.ShouldBe(status);

    private static TurnEnd Failed(EngineFault fault) => new() { State = TurnState.Failed, At = default, Fault = fault };
}
