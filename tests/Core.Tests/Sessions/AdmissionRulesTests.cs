using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Tests.Sessions;

public sealed class AdmissionRulesTests
{
    private static readonly SessionLimits Limits = new() { QueuedTurns = 2 };

    [Theory]
    [InlineData(false, 0, BusyPolicy.Queue, "Start")]
    [InlineData(false, 0, BusyPolicy.Reject, "Start")]
    [InlineData(false, 0, BusyPolicy.Interrupt, "Start")]
    [InlineData(true, 0, BusyPolicy.Queue, "Queue")]
    [InlineData(true, 1, BusyPolicy.Queue, "Queue")]
    [InlineData(true, 2, BusyPolicy.Queue, "Refuse QueueFull")]
    [InlineData(true, 0, BusyPolicy.Reject, "Refuse Busy")]
    [InlineData(true, 2, BusyPolicy.Reject, "Refuse Busy")]
    [InlineData(true, 0, BusyPolicy.Interrupt, "Interrupt")]
    [InlineData(true, 2, BusyPolicy.Interrupt, "Refuse QueueFull")]
    public void A_busy_session_follows_the_requests_policy(bool running, int queued, BusyPolicy policy, string expected) =>
        Decide(new SessionView(running, queued, UserId: null, KeyMatch.None, Stopping: false), policy).ShouldBe(expected);

    [Theory]
    [InlineData(KeyMatch.SameRequest, false, "Attach")]
    [InlineData(KeyMatch.SameRequest, true, "Attach")]
    [InlineData(KeyMatch.OtherRequest, false, "Refuse KeyReused")]
    [InlineData(KeyMatch.OtherRequest, true, "Refuse KeyReused")]
    [InlineData(KeyMatch.None, true, "Refuse Stopping")]
    public void A_known_key_is_answered_even_when_stopping(object match, bool stopping, string expected) =>
        Decide(new SessionView(Running: true, Queued: 2, UserId: null, (KeyMatch)match, stopping), BusyPolicy.Reject).ShouldBe(expected);

    [Theory]
    [InlineData(null, null, "Start")]
    [InlineData(null, "ada", "Start")]
    [InlineData("ada", null, "Start")]
    [InlineData("ada", "ada", "Start")]
    [InlineData("ada", "bob", "Refuse OtherUser")]
    public void A_session_is_one_users(string? bound, string? asking, string expected) =>
        Decide(new SessionView(Running: false, Queued: 0, bound, KeyMatch.None, Stopping: false), BusyPolicy.Queue, asking).ShouldBe(expected);

    private static string Decide(SessionView session, BusyPolicy policy, string? user = null)
    {
        var decision = AdmissionRules.Decide(session, TestKit.Turns.Request("hello", onBusy: policy, user: user), Limits, out var refusal);
        return refusal == Refusal.None ? decision.ToString() : $"{decision} {refusal}";
    }
}
