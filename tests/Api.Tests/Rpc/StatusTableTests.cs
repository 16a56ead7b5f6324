using Grpc.Core;
using Sluice.Api.Problems;
using Sluice.Api.Rpc;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Tests.Rpc;

public sealed class StatusTableTests
{
    public static TheoryData<FaultKind> Faults => [.. Enum.GetValues<FaultKind>()];

    public static TheoryData<Refusal> Refusals => [.. Enum.GetValues<Refusal>().Except([Refusal.None])];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Fault_by_which_the_engine_may_have_acted_is_never_a_status_that_clients_repeat(FaultKind kind)
    {
        var fault = new EngineFault(kind, "it failed");
        var end = new TurnEnd { State = fault.LeavesTurnUnknown ? TurnState.Unknown : TurnState.Failed, At = default, Fault = fault };

        var status = StatusTable.Of(ProblemTable.Of(end));

        status.ShouldNotBe(StatusCode.OK);
        if (fault.LeavesTurnUnknown)
        {
            status.ShouldBeOneOf(StatusCode.Unknown, StatusCode.DeadlineExceeded);
        }
        else if (fault.Retry == RetryVerdict.NotStarted)
        {
            status.ShouldBeOneOf(StatusCode.Unavailable, StatusCode.ResourceExhausted);
        }
        else
        {
            status.ShouldNotBe(StatusCode.Unavailable);
        }
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public void Refusal_that_passes_by_itself_is_a_status_that_clients_repeat_and_no_other_is(Refusal refusal)
    {
        var problem = ProblemTable.Of(refusal);

        var passes = problem.Status is 429 or 503;
        (StatusTable.Of(problem) is StatusCode.Unavailable or StatusCode.ResourceExhausted).ShouldBe(passes || refusal == Refusal.BudgetExhausted);
    }

    [Theory]
    [InlineData(CancelReason.Requested, StatusCode.Cancelled)]
    [InlineData(CancelReason.Stopping, StatusCode.Unavailable)]
    public void Turn_that_was_cancelled_by_the_process_that_stops_may_be_asked_for_again(CancelReason reason, StatusCode status) =>
        StatusTable.Of(ProblemTable.Of(new TurnEnd { State = TurnState.Cancelled, At = default, Cancelled = reason })).ShouldBe(status);
}
