using System.Text;
using System.Text.Json.Nodes;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Recovery;

/// <summary>Turns that one gateway began and another finishes, end to end: the one that stops never looks what became of its turn.</summary>
public sealed class ResumeTests : IAsyncLifetime
{
    private const string Story = "tell me a story";
    private static readonly RecoveryPolicy Stopped = new() { Patience = TimeSpan.Zero };
    private static readonly RecoveryPolicy Hasty = new() { Patience = TimeSpan.FromSeconds(1), Quiet = TimeSpan.FromMilliseconds(100) };

    private EmulatorHost _emulator = null!;

    public async Task InitializeAsync() => _emulator = await EmulatorHost.StartAsync(new EmulatorOptions());

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_turn_that_has_finished_is_completed_behind_what_is_kept(int kept)
    {
        var whole = await WholeAsync(Story);
        var turn = FakeInterruptedTurn.Of(await InterruptAsync(Story + "!", TurnReach.Completed, after: 3), kept);
        await using var bench = Adk();

        var outcome = await bench.ResumeAsync(turn);

        outcome.Fault.ShouldBeNull();
        outcome.Answer.ShouldBe(AnswerShape.Text);
        outcome.ServedBy.ShouldBe(new ServedBy("default", "us-central1"));
        (string.Concat(whole.Texts.Take(kept).Select(Spoken)) + turn.Said).ShouldBe(whole.Said);
        turn.Raw.Count.ShouldBe(1);
        turn.IsExact.ShouldBeFalse("the stream was one of partial events, of which the readers may have seen more");
        turn.EngineSession!.LastInvocation.ShouldBe(JsonNode.Parse(turn.Raw[0])!["invocation_id"]!.ToString());
        turn.EngineSession.LastTurn.ShouldBe(turn.Id);
        Runs(Story + "!").ShouldBe(1);
    }

    [Fact]
    public async Task A_turn_that_is_still_running_is_waited_for()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("what time is it?", TurnReach.Continues));
        await using var bench = Adk(Hasty with { Patience = TimeSpan.FromSeconds(10), Quiet = TimeSpan.FromMilliseconds(500) });

        (await bench.ResumeAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("It is 10:30.");
        Runs("what time is it?").ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_turn_that_never_started_is_run_once_and_numbered_on(bool isFirst)
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.NotStarted, session: isFirst ? null : (await WholeAsync("before")).EngineSession));
        turn.EngineSession!.LastInvocation.ShouldBe(isFirst ? "" : turn.EngineSession.LastInvocation.ShouldNotBeNull());
        await using var bench = Adk();

        (await bench.ResumeAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        turn.IsExact.ShouldBeTrue();
        Runs("hi").ShouldBe(1);
    }

    [Fact]
    public async Task A_turn_that_never_started_is_tried_as_often_as_any()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.NotStarted));
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.Unavailable });
        await using var bench = Adk(resilience: new ResilienceOptions { BaseDelay = TimeSpan.FromMilliseconds(1) });

        (await bench.ResumeAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        Runs("hi").ShouldBe(1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_turn_that_stopped_half_way_is_unknown(int kept)
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync(Story, TurnReach.Cut, after: 2), kept);
        await using var bench = Adk();

        var fault = await UnknownAsync(bench, turn);

        fault.Started.ShouldBeTrue();
        fault.Message.ShouldBe("The gateway that ran the turn stopped before its end. The engine's session shows that the turn began, and not how it ended.");
        Runs(Story).ShouldBe(1);
    }

    [Fact]
    public async Task A_connection_that_broke_with_its_gateway_runs_no_turn_twice()
    {
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.Stall, After = 2 });
        var before = FakeTurn.Saying(Story);
        EngineSession? stored;
        await using (var dying = Adk(Stopped))
        {
            using var cancel = new CancellationTokenSource();
            var running = dying.RunAsync(before, cancel.Token);
            await before.PublishedAsync();
            stored = before.EngineSession;
            await cancel.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(running);
        }

        await _emulator.Control.WaitForCancelAsync(call => call.Verb == Verb.StreamQuery);
        foreach (var (bound, kept) in new[] { (stored, 0), (stored, 1), (before.EngineSession, 0), (before.EngineSession, 1) })
        {
            var turn = FakeInterruptedTurn.Of(before, kept);
            turn.EngineSession = bound;
            await using var bench = Adk();
            await UnknownAsync(bench, turn);
        }

        Runs(Story).ShouldBe(1);
    }

    [Theory]
    [InlineData(TurnReach.Completed, true)]
    [InlineData(TurnReach.Completed, false)]
    [InlineData(TurnReach.Cut, true)]
    [InlineData(TurnReach.Cut, false)]
    public async Task An_invocation_that_is_this_turns_own_is_not_the_one_before(TurnReach reach, bool isNamed)
    {
        var before = await InterruptAsync(Story, reach, after: 2);
        var own = (await ReadInvocationAsync(before)).ShouldNotBeNull();
        var turn = FakeInterruptedTurn.Of(before);
        turn.EngineSession = before.EngineSession! with { LastInvocation = own, LastEventAt = DateTimeOffset.UtcNow, LastTurn = isNamed ? turn.Id : null };
        await using var bench = Adk();

        var outcome = await bench.ResumeAsync(turn);

        (outcome.Fault is null).ShouldBe(reach == TurnReach.Completed);
        (outcome.Fault?.LeavesTurnUnknown).ShouldBe(reach == TurnReach.Completed ? null : true);
        Runs(Story).ShouldBe(1);
    }

    [Fact]
    public async Task A_message_said_twice_is_not_answered_with_its_first_answer()
    {
        var first = await WholeAsync("continue");
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("continue", TurnReach.NotStarted, session: first.EngineSession));
        await using var bench = Adk();
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Text = "further" });

        (await bench.ResumeAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("further");
        Runs("continue").ShouldBe(2);

        var third = FakeInterruptedTurn.Of(await InterruptAsync("continue", TurnReach.Completed, answer: "and on", session: turn.EngineSession));
        (await bench.ResumeAsync(third)).Fault.ShouldBeNull();
        third.Said.ShouldBe("and on");
        Runs("continue").ShouldBe(3);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task A_clock_that_was_ahead_or_behind_loses_no_turn_and_repeats_none(int seconds)
    {
        var session = (await WholeAsync("before")).EngineSession;
        await using var bench = Adk();
        var done = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed, session: session));
        done.StartedAt = DateTimeOffset.UtcNow.AddSeconds(seconds);
        (await bench.ResumeAsync(done)).Fault.ShouldBeNull();
        done.Said.ShouldBe("You said: hi");

        var half = FakeInterruptedTurn.Of(await InterruptAsync("ho", TurnReach.Cut, after: 1, session: done.EngineSession));
        half.StartedAt = DateTimeOffset.UtcNow.AddSeconds(seconds);
        await UnknownAsync(bench, half);

        var fresh = FakeInterruptedTurn.Of(await InterruptAsync("ha", TurnReach.NotStarted, session: done.EngineSession! with { LastInvocation = await ReadInvocationAsync(half) }));
        fresh.StartedAt = DateTimeOffset.UtcNow.AddSeconds(seconds);
        (await bench.ResumeAsync(fresh)).Fault.ShouldBeNull();
        (Runs("hi"), Runs("ho"), Runs("ha")).ShouldBe((1, 1, 1));
    }

    [Fact]
    public async Task Events_that_were_dropped_leave_the_turn_unknown()
    {
        var before = await InterruptAsync(Story, TurnReach.Completed, after: 3);
        await using var bench = Adk();
        foreach (var kept in new[] { 0, 1 })
        {
            var turn = new FakeInterruptedTurn
            {
                Id = before.Id,
                Request = before.Request,
                EngineSession = before.EngineSession,
                Kept = FakeInterruptedTurn.Of(before, kept).Kept,
                HasDropped = true,
            };
            await UnknownAsync(bench, turn);
        }

        Runs(Story).ShouldBe(1);
    }

    [Theory]
    [InlineData(Fault.Forbidden)]
    [InlineData(Fault.Unavailable)]
    public async Task A_session_that_cannot_be_read_leaves_the_turn_unknown(Fault unreadable)
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.NotStarted));
        _emulator.Control.Enqueue(new Script { Verb = Verb.SessionEvents, Fault = unreadable, Times = 0 });
        await using var bench = Adk();

        (await UnknownAsync(bench, turn)).Started.ShouldBeFalse();

        Runs("hi").ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task That_no_engine_session_is_known_proves_nothing(bool isSafe)
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed));
        turn.EngineSession = null;
        await using var bench = Adk(resilience: new ResilienceOptions { SafeToRepeat = isSafe });

        var outcome = await bench.ResumeAsync(turn);

        (outcome.Fault is null).ShouldBe(isSafe);
        turn.IsExact.ShouldBeFalse();
        Runs("hi").ShouldBe(isSafe ? 2 : 1);
    }

    [Theory]
    [InlineData(false, 0, false)]
    [InlineData(true, 0, true)]
    [InlineData(true, 1, false)]
    public async Task A_plain_engine_has_nothing_to_ask(bool isSafe, int kept, bool runsAgain)
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed, engine: "plain"), kept);
        turn.Kept.Count.ShouldBe(kept);
        await using var bench = Bench("plain", Hasty, new ResilienceOptions { SafeToRepeat = isSafe });

        var outcome = await bench.ResumeAsync(turn);

        (outcome.Fault is null).ShouldBe(runsAgain);
        (outcome.Fault?.LeavesTurnUnknown ?? true).ShouldBeTrue();
        (outcome.Fault?.Started ?? false).ShouldBe(kept > 0);
        turn.IsExact.ShouldBeFalse();
        Runs("hi").ShouldBe(runsAgain ? 2 : 1);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task An_engine_safe_to_repeat_is_asked_first_and_run_again_while_nothing_was_seen(int kept, bool runsAgain)
    {
        await using var bench = Adk(resilience: new ResilienceOptions { SafeToRepeat = true });
        var done = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed, after: 1), kept);
        (await bench.ResumeAsync(done)).Fault.ShouldBeNull();
        Runs("hi").ShouldBe(1);

        var half = FakeInterruptedTurn.Of(await InterruptAsync(Story, TurnReach.Cut, after: 1), kept);
        ((await bench.ResumeAsync(half)).Fault is null).ShouldBe(runsAgain);
        half.IsExact.ShouldBeFalse();
        Runs(Story).ShouldBe(runsAgain ? 2 : 1);
    }

    [Fact]
    public async Task That_a_repetition_started_nothing_does_not_make_it_so_for_the_first_time()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed, engine: "plain"));
        _emulator.Control.Enqueue(new Script { Fault = Fault.Unavailable, Times = 0 });
        await using var bench = Bench("plain", Hasty, new ResilienceOptions { SafeToRepeat = true, MaxAttempts = 1 });

        await UnknownAsync(bench, turn);
    }

    [Fact]
    public async Task A_turn_that_another_process_has_is_not_run()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.NotStarted));
        turn.IsHeld = false;
        await using var bench = Adk();

        var fault = (await bench.ResumeAsync(turn)).Fault.ShouldNotBeNull();

        (fault.Kind, fault.NeverStarted).ShouldBe((FaultKind.Interrupted, true));
        turn.IsExact.ShouldBeFalse();
        Runs("hi").ShouldBe(0);
    }

    [Fact]
    public async Task Events_behind_whole_messages_are_numbered_on()
    {
        const string Message = """{"message":"hi","run_config":{"streaming_mode":null}}""";
        (await StoredAsync(Message, Line("a", "look"))).ShouldBeTrue();
        (await StoredAsync(Message)).ShouldBeFalse("an agent may print partial events without being asked");
        (await StoredAsync(Message, Line("a", "loo", partial: true), Line("a", "look"))).ShouldBeFalse();
        (await StoredAsync("""{"message":"hi","run_config":{"streaming_mode":"sse"}}""", Line("a", "look"))).ShouldBeFalse();
        (await StoredAsync("""{"message":"hi","run_config":{"streaming_mode":"bidi"}}""", Line("a", "look"))).ShouldBeFalse();
        (await StoredAsync("""{"message":"hi"}""", Line("a", "look"))).ShouldBeFalse();
    }

    [Fact]
    public async Task A_region_that_is_configured_no_more_cannot_be_asked()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.NotStarted));
        turn.EngineSession = turn.EngineSession! with { Region = "europe-west9" };
        await using var bench = Adk();

        await UnknownAsync(bench, turn);

        _emulator.Control.Calls.ShouldNotContain(call => call.Verb == Verb.SessionEvents);
    }

    [Fact]
    public async Task With_several_regions_one_that_does_not_have_the_turn_proves_nothing_and_one_that_does_is_asked()
    {
        await using var other = await EmulatorHost.StartAsync(new EmulatorOptions());
        using var pulse = new Pulse(TimeProvider.System);
        VertexOptions[] regions = [At(other, "europe-west1"), At(_emulator, "us-central1")];
        await using var engine = new VertexEngine(regions, new ResilienceOptions(), pulse, NoAccessTokens.Instance);

        var done = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Completed));
        var outcome = await engine.ResumeAsync(done, default);
        outcome.Fault.ShouldBeNull();
        outcome.ServedBy.ShouldBe(new ServedBy("default", "us-central1"));

        var absent = FakeInterruptedTurn.Of(await InterruptAsync("ho", TurnReach.NotStarted));
        (await engine.ResumeAsync(absent, default)).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();

        (Runs("hi"), Runs("ho"), other.Control.Counters.Calls).ShouldBe((1, 0, 0));
    }

    [Fact]
    public async Task A_turn_there_is_no_room_to_ask_for_is_unknown_and_no_circuit_hears_of_any()
    {
        var turn = FakeInterruptedTurn.Of(await InterruptAsync("hi", TurnReach.Cut));
        var options = new ResilienceOptions { MaxCalls = 1, MaxWaiting = 0, MinimumThroughput = 2, FailureRatio = 0.01 };
        await using var bench = Adk(Hasty with { Patience = TimeSpan.FromSeconds(5) }, options);
        using var cancel = new CancellationTokenSource();

        var asking = bench.ResumeAsync(turn, cancel.Token);
        await _emulator.Control.WaitForCallAsync(call => call.Verb == Verb.SessionEvents);
        (await UnknownAsync(bench, FakeInterruptedTurn.Of(turn))).Kind.ShouldBe(FaultKind.Interrupted);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);
        bench.Engine.Regions[0].Circuit.ShouldBe(CircuitState.Closed);
    }

    // The engine's session has two messages of the turn, and the first one's events are kept as given. Whether the second was numbered on.
    private static async Task<bool> StoredAsync(string message, params string[] kept)
    {
        var now = DateTimeOffset.UtcNow;
        string Event(string id, string author, string text, double ago) => $$$"""
            {"name":"s/events/{{{id}}}","author":"{{{author}}}","invocationId":"a","timestamp":"{{{now.AddSeconds(-ago):yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}}}","content":{"parts":[{"text":"{{{text}}}"}]}}
            """;
        var page = $$"""{"sessionEvents":[{{Event("u", "user", "hi", 0.9)}},{{Event("look", "root_agent", "look", 0.8)}},{{Event("done", "root_agent", "done", 0.7)}}]}""";
        await using var stub = await StubEngine.StartAsync((context, seen) =>
            seen.Method == "GET" ? StubEngine.Answer(context, 200, page) : StubEngine.Answer(context, 500, ""));
        await using var bench = new Bench(stub, options => options with { Dialect = DialectChoice.Adk, Recovery = Hasty });
        var turn = new FakeInterruptedTurn
        {
            Request = FakeTurn.Giving(message).Request,
            StartedAt = now.AddSeconds(-1),
            EngineSession = new EngineSession("default", "us-central1", "s7") { LastInvocation = "" },
            Kept = [.. kept.Select(e => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(e)))],
        };
        (await bench.ResumeAsync(turn)).Fault.ShouldBeNull();
        turn.Said.ShouldEndWith("done");
        stub.Posts.ShouldBeEmpty();
        return turn.IsExact;
    }

    private static string Line(string invocation, string text, bool partial = false) =>
        $$"""{"content":{"parts":[{"text":"{{text}}"}]},{{(partial ? "\"partial\":true," : "")}}"id":"{{text}}","invocation_id":"{{invocation}}","author":"root_agent"}""";

    private static string Spoken(string literal) => literal.Length == 0 ? "" : System.Text.Json.JsonSerializer.Deserialize<string>(literal)!;

    private static async Task<EngineFault> UnknownAsync(Bench bench, FakeInterruptedTurn turn)
    {
        var fault = (await bench.ResumeAsync(turn)).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.Interrupted);
        fault.LeavesTurnUnknown.ShouldBeTrue();
        turn.Raw.ShouldBeEmpty();
        turn.IsExact.ShouldBeFalse();
        return fault;
    }

    private async Task<FakeTurn> WholeAsync(string text)
    {
        await using var bench = Adk();
        var turn = FakeTurn.Saying(text);
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();
        return turn;
    }

    // A turn of a gateway that stopped when the engine had gone so far; its engine session is as it was stored before the first event.
    private async Task<FakeTurn> InterruptAsync(
        string text, TurnReach reach, int after = 0, string engine = "adk", EngineSession? session = null, string? answer = null)
    {
        var wrong = after == 0 && engine == "adk" ? Fault.Reset : Fault.Truncate;
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = wrong, After = engine == "plain" ? 1 : after, Turn = reach, Text = answer });
        await using var dying = Bench(engine, Stopped);
        var turn = new StoringTurn { Request = FakeTurn.Saying(text).Request, EngineSession = session, Stored = session };
        (await dying.RunAsync(turn)).Fault.ShouldNotBeNull();
        turn.EngineSession = turn.Stored;
        return turn;
    }

    private async Task<string?> ReadInvocationAsync(FakeTurn turn)
    {
        await using var bench = Adk();
        var asked = FakeInterruptedTurn.Of(turn);
        asked.IsHeld = false;
        await bench.ResumeAsync(asked);
        return asked.EngineSession!.LastInvocation;
    }

    private long Runs(string message) => _emulator.Control.Counters.TurnsRun(message);

    private VertexOptions At(EmulatorHost emulator, string location) => new()
    {
        Engine = EngineName.Parse(emulator.EngineName("adk", location)),
        Endpoint = emulator.Address,
        Recovery = Hasty,
    };

    private Bench Adk(RecoveryPolicy? policy = null, ResilienceOptions? resilience = null) => Bench("adk", policy ?? Hasty, resilience);

    private Bench Bench(string engine, RecoveryPolicy policy, ResilienceOptions? resilience = null) => new(
        _emulator.Address,
        options => options with { Engine = EngineName.Parse(_emulator.EngineName(engine)), Dialect = DialectChoice.Auto, Recovery = policy },
        resilience: resilience);

    // What is stored of the engine's session is what it was before the turn said anything.
    private sealed class StoringTurn : FakeTurn
    {
        public EngineSession? Stored { get; set; }

        public override void BindEngineSession(EngineSession session)
        {
            base.BindEngineSession(session);
            Stored ??= session;
        }
    }
}
