using System.Text.Json.Nodes;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Cancelling;

/// <summary>Whatever a turn is waiting for when it is cancelled, the engine has been told, and the turn has its one end, within a second.</summary>
[Collection(Alone.Name)]
public sealed class CancelTests : IAsyncLifetime
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(30));
    private EmulatorHost _emulator = null!;
    private RunningGateway _gateway = null!;

    /// <summary>How a caller can stop its turn.</summary>
    public enum Way
    {
        /// <summary>Of a stream, by the turn's address.</summary>
        CancelStream,

        /// <summary>Of a whole answer, by the turn's address.</summary>
        CancelInvoke,

        /// <summary>By closing the connection on which a whole answer is awaited.</summary>
        LeaveInvoke,
    }

    public static TheoryData<string, string, Way> CallsThatHang
    {
        get
        {
            var rows = new TheoryData<string, string, Way>();
            foreach (var way in Enum.GetValues<Way>())
            {
                foreach (var engine in (string[])["echo", "adk"])
                {
                    rows.Add(engine, "fault=stall;after=0", way);
                    rows.Add(engine, "fault=slow-first-byte;delay=20s", way);
                    rows.Add(engine, "hold=headers@door", way);
                    rows.Add(engine, "hold=first@door", way);
                }

                rows.Add("adk", "fault=stall;after=1", way);
                rows.Add("adk", "fault=stall;after=2", way);
                rows.Add("adk", "hold=end@door", way);
            }

            return rows;
        }
    }

    public static TheoryData<string, Way> WaitsForAnotherAttempt
    {
        get
        {
            var rows = new TheoryData<string, Way>();
            foreach (var way in Enum.GetValues<Way>())
            {
                rows.Add("echo", way);
                rows.Add("adk", way);
            }

            return rows;
        }
    }

    public async Task InitializeAsync() => _emulator = await EmulatorHost.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _emulator.DisposeAsync();
        _limit.Dispose();
    }

    [Theory]
    [MemberData(nameof(CallsThatHang))]
    public async Task Cancelling_closes_a_call_that_hangs(string engine, string script, Way way)
    {
        await StartAsync(engine);
        await _emulator.EnqueueAsync(_gateway.Client, (script, "messageContains", "to be stopped"));
        var asking = await AskAsync(way);
        await _emulator.Control.WaitForCallAsync(call => IsAsked(call) && (call.Fault != Fault.None || !script.StartsWith("fault=stall", StringComparison.Ordinal)));
        if (script.Contains("@door", StringComparison.Ordinal))
        {
            await _emulator.Control.Gate("door").WaitForArrivalAsync();
        }

        var asked = await StopAsync(way, asking);

        var stopped = await _emulator.Control.WaitForCancelAsync(IsAsked);
        (stopped.CancelledAt!.Value - asked).ShouldBeLessThan(AtOnce);
        await ShouldBeCancelledAsync(asked);
    }

    [Theory]
    [MemberData(nameof(WaitsForAnotherAttempt))]
    public async Task Cancelling_ends_the_wait_for_another_attempt(string engine, Way way)
    {
        await StartAsync(engine);
        await _emulator.EnqueueAsync(_gateway.Client, ("fault=quota;retryDelay=4s;times=0", "messageContains", "to be stopped"));
        var asking = await AskAsync(way);
        await _emulator.Control.WaitForEndAsync(IsAsked);

        var asked = await StopAsync(way, asking);

        await ShouldBeCancelledAsync(asked);
        _emulator.Control.Calls.Count(IsAsked).ShouldBe(1);
    }

    [Theory]
    [InlineData(Way.CancelStream)]
    [InlineData(Way.CancelInvoke)]
    [InlineData(Way.LeaveInvoke)]
    public async Task Cancelling_ends_the_search_for_what_became_of_the_turn(Way way)
    {
        await StartAsync("adk");
        await _emulator.EnqueueAsync(
            _gateway.Client,
            ("fault=reset;turn=cut", "messageContains", "to be stopped"),
            ("verb=sessions.events;fault=stall", "engine", "adk"));
        var asking = await AskAsync(way);
        await _emulator.Control.WaitForCallAsync(call => call is { Verb: Verb.SessionEvents, Fault: Fault.Stall });

        var asked = await StopAsync(way, asking);

        var stopped = await _emulator.Control.WaitForCancelAsync(call => call.Verb == Verb.SessionEvents);
        (stopped.CancelledAt!.Value - asked).ShouldBeLessThan(AtOnce);
        await ShouldBeCancelledAsync(asked);
    }

    [Theory]
    [InlineData(Way.CancelStream)]
    [InlineData(Way.CancelInvoke)]
    [InlineData(Way.LeaveInvoke)]
    public async Task Cancelling_ends_the_wait_for_the_engines_session(Way way)
    {
        await StartAsync("adk");
        await _emulator.EnqueueAsync(_gateway.Client, ("fault=stall", "classMethod", "async_create_session"));
        var asking = await AskAsync(way);
        await _emulator.Control.WaitForCallAsync(call => call.Fault == Fault.Stall);

        var asked = await StopAsync(way, asking);

        var stopped = await _emulator.Control.WaitForCancelAsync();
        (stopped.CancelledAt!.Value - asked).ShouldBeLessThan(AtOnce);
        await ShouldBeCancelledAsync(asked);
    }

    private static bool IsAsked(CallRecord call) => call.Message == "to be stopped";

    private async Task StartAsync(string engine) => _gateway = await RunningGateway.StartAsync(_emulator, engine, "Sluice__Http__HeadHold=0s");

    private async Task<(Task<HttpResponseMessage> Answer, CancellationTokenSource Leave)> AskAsync(Way way)
    {
        var leave = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
        var answer = _gateway.Client.AskAsync(way == Way.CancelStream ? "/invoke/stream" : "/invoke", "to be stopped", "stopped", leave.Token);
        if (way == Way.CancelStream)
        {
            // The head comes at once.
            await answer;
        }

        return (answer, leave);
    }

    private async Task<DateTimeOffset> StopAsync(Way way, (Task<HttpResponseMessage> Answer, CancellationTokenSource Leave) asking)
    {
        using var leave = asking.Leave;
        var turn = (await _gateway.Client.TurnsAsync("stopped", _limit.Token)).Single()!["turn_id"]!.GetValue<string>();
        var asked = DateTimeOffset.UtcNow;
        if (way == Way.LeaveInvoke)
        {
            await leave.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(asking.Answer);
            return asked;
        }

        using var cancelled = await _gateway.Client.PostAsync($"/sessions/stopped/turns/{turn}:cancel", content: null, _limit.Token);
        ((int)cancelled.StatusCode).ShouldBe(200);
        using var answer = await asking.Answer;
        ((int)answer.StatusCode).ShouldBe(way == Way.CancelStream ? 200 : 409);
        return asked;
    }

    private async Task ShouldBeCancelledAsync(DateTimeOffset asked)
    {
        // Looked at and not followed: a turn that is read is not given up.
        JsonNode stopped;
        do
        {
            stopped = (await _gateway.Client.TurnsAsync("stopped", _limit.Token)).Single()!;
        }
        while (stopped["state"]!.GetValue<string>() is "queued" or "running");
        (DateTimeOffset.UtcNow - asked).ShouldBeLessThan(AtOnce);

        var turn = stopped["turn_id"]!.GetValue<string>();
        var follower = new TurnFollower(_gateway.Client, new Random(1), _limit.Token);
        await follower.FollowAsync("stopped", turn);
        follower.Events.Count(item => item.EventType is "done" or "error").ShouldBe(1);
        JsonNode.Parse(follower.Events[^1].Data)!["code"]!.GetValue<string>().ShouldBe("cancelled");
        stopped["state"]!.GetValue<string>().ShouldBe("cancelled");
        _emulator.Control.Counters.TurnsRun("to be stopped").ShouldBeLessThanOrEqualTo(1);
    }
}
