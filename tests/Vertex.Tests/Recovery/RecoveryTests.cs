using System.Text.Json.Nodes;
using Sluice.Core.Engines;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;

namespace Sluice.Vertex.Tests.Recovery;

/// <summary>Turns that go wrong in an engine that remembers them, end to end.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    private const string Story = "tell me a story";
    private static readonly RecoveryPolicy Hasty = new() { Patience = TimeSpan.FromSeconds(1), Quiet = TimeSpan.FromMilliseconds(100) };

    private EmulatorHost _emulator = null!;

    public async Task InitializeAsync() => _emulator = await EmulatorHost.StartAsync(new EmulatorOptions());

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    [Theory]
    [InlineData(Fault.Truncate, 2)]
    [InlineData(Fault.TruncateReset, 3)]
    [InlineData(Fault.ErrorLine, 1)]
    [InlineData(Fault.ErrorLine, 0)]
    [InlineData(Fault.ClosedLine, 2)]
    [InlineData(Fault.Empty, 0)]
    [InlineData(Fault.Internal, 0)]
    [InlineData(Fault.Deadline, 0)]
    [InlineData(Fault.Reset, 0)]
    public async Task A_turn_that_finished_in_the_engine_is_completed_and_said_once(Fault wrong, int after)
    {
        await using var bench = Adk();
        var whole = FakeTurn.Saying(Story);
        (await bench.RunAsync(whole)).Fault.ShouldBeNull();
        Break(wrong, after, TurnReach.Completed);

        var turn = FakeTurn.Saying(Story + "!");
        var outcome = await bench.RunAsync(turn);

        outcome.Fault.ShouldBeNull();
        outcome.Answer.ShouldBe(AnswerShape.Text);
        turn.Said.ShouldBe(whole.Said);
        turn.Raw.Count(raw => raw.Contains("\"partial\"", StringComparison.Ordinal) is false).ShouldBe(1);
        _emulator.Control.Counters.TurnsRun(Story + "!").ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Tools_are_not_called_again_and_each_of_their_events_comes_once(int after)
    {
        await using var bench = Adk();
        Break(Fault.TruncateReset, after, TurnReach.Completed);

        var turn = FakeTurn.Saying("what time is it?");
        var outcome = await bench.RunAsync(turn);

        outcome.Fault.ShouldBeNull();
        turn.Said.ShouldBe("It is 10:30.");
        var events = turn.Raw.Select(raw => JsonNode.Parse(raw)!).Where(e => e["partial"] is null).ToList();
        events.Count(e => e["content"]!["parts"]![0]!["function_call"] is not null).ShouldBe(1);
        events.Count(e => e["content"]!["parts"]![0]!["function_response"] is not null).ShouldBe(1);
        events.Select(e => e["id"]!.ToString()).ShouldBeUnique();
        events.Select(e => e["invocation_id"]!.ToString()).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        _emulator.Control.Counters.TurnsRun("what time is it?").ShouldBe(1);
    }

    [Theory]
    [InlineData(Fault.Empty)]
    [InlineData(Fault.Reset)]
    [InlineData(Fault.Internal)]
    public async Task A_turn_the_engine_never_saw_may_be_sent_again(Fault wrong)
    {
        await using var bench = Adk();
        Break(wrong, 0, TurnReach.NotStarted);

        var turn = FakeTurn.Saying("hi");
        var fault = (await bench.RunAsync(turn)).Fault.ShouldNotBeNull();

        fault.NeverStarted.ShouldBeTrue();
        fault.Retry.ShouldBe(RetryVerdict.NotStarted);
        fault.Message.ShouldEndWith("The engine's session shows that the turn did not start.");
        _emulator.Control.Counters.TurnsRun("hi").ShouldBe(0);
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();
        turn.Said.ShouldBe("You said: hi");
    }

    [Fact]
    public async Task A_message_said_twice_is_not_answered_with_its_first_answer()
    {
        await using var bench = Adk();
        var first = FakeTurn.Saying("continue");
        (await bench.RunAsync(first)).Fault.ShouldBeNull();
        first.EngineSession!.LastInvocation.ShouldNotBeNullOrEmpty();

        Break(Fault.Empty, 0, TurnReach.NotStarted);
        var second = FakeTurn.Saying("continue");
        second.EngineSession = first.EngineSession;
        (await bench.RunAsync(second)).Fault.ShouldNotBeNull().Retry.ShouldBe(RetryVerdict.NotStarted);
        second.Raw.ShouldBeEmpty();

        Break(Fault.Empty, 0, TurnReach.Completed, text: "further");
        var third = FakeTurn.Saying("continue");
        third.EngineSession = second.EngineSession;
        (await bench.RunAsync(third)).Fault.ShouldBeNull();
        third.Said.ShouldBe("further");
        third.EngineSession!.LastInvocation.ShouldNotBe(first.EngineSession.LastInvocation);
    }

    [Theory]
    [InlineData(Fault.Empty, 0, "began")]
    [InlineData(Fault.TruncateReset, 2, "began")]
    [InlineData(Fault.ErrorLine, 1, "began")]
    public async Task A_turn_that_stopped_half_way_is_unknown_and_keeps_what_came(Fault wrong, int after, string finding)
    {
        await using var bench = Adk();
        Break(wrong, after, TurnReach.Cut);

        var turn = FakeTurn.Saying(Story);
        var fault = (await bench.RunAsync(turn)).Fault.ShouldNotBeNull();

        fault.LeavesTurnUnknown.ShouldBeTrue();
        fault.Retry.ShouldBe(RetryVerdict.MayHaveStarted);
        fault.Message.ShouldContain(finding);
        turn.Raw.Count.ShouldBeLessThanOrEqualTo(after);
        turn.EngineSession!.LastInvocation.ShouldNotBeNullOrEmpty();
        _emulator.Control.Counters.TurnsRun(Story).ShouldBe(1);
    }

    [Fact]
    public async Task An_engine_that_is_still_at_work_is_waited_for()
    {
        await using var bench = Adk(Hasty with { Patience = TimeSpan.FromSeconds(10), Quiet = TimeSpan.FromMilliseconds(500) });
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.TruncateReset, After = 0, Turn = TurnReach.Continues, Rest = TimeSpan.FromSeconds(1) });

        var turn = FakeTurn.Saying("what time is it?");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("It is 10:30.");
        _emulator.Control.Counters.TurnsRun("what time is it?").ShouldBe(1);
    }

    [Fact]
    public async Task Events_that_appear_late_are_waited_for()
    {
        await using var bench = Adk(Hasty with { Patience = TimeSpan.FromSeconds(10) });
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.Empty, Turn = TurnReach.Completed, EventLag = TimeSpan.FromSeconds(1) });

        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        _emulator.Control.Counters.TurnsRun("hi").ShouldBe(1);
    }

    [Theory]
    [InlineData(Fault.Forbidden, "engine_permission_denied")]
    [InlineData(Fault.NotFound, "engine_not_found")]
    [InlineData(Fault.Quota, "engine_quota_exceeded")]
    [InlineData(Fault.Unavailable, "engine_unavailable")]
    public async Task Events_that_cannot_be_read_leave_the_turn_unknown(Fault unreadable, string code)
    {
        await using var bench = Adk();
        _emulator.Control.Enqueue(new Script { Verb = Verb.SessionEvents, Fault = unreadable, Times = 0 });
        Break(Fault.Empty, 0, TurnReach.Completed);

        var fault = (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldNotBeNull();

        fault.LeavesTurnUnknown.ShouldBeTrue();
        fault.Message.ShouldEndWith($"The engine's session could not be read ({code}).");
        _emulator.Control.Counters.TurnsRun("hi").ShouldBe(1);
    }

    [Fact]
    public async Task A_silent_stream_is_given_up_and_the_answer_taken_from_the_session()
    {
        await using var bench = Adk(with: options => options with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        Break(Fault.Stall, 2, TurnReach.Completed);

        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        _emulator.Control.Counters.TurnsRun("hi").ShouldBe(1);
    }

    [Fact]
    public async Task Text_that_broke_off_in_its_middle_is_continued_whatever_its_letters()
    {
        await using var bench = Adk();
        const string Text = "Grüße, \"Welt\" \u2014 \ud83d\ude00 <b>&'</b>\n/ok";
        Break(Fault.TruncateReset, 3, TurnReach.Completed, text: Text);

        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Texts.Count(text => text.Length > 0).ShouldBeGreaterThan(1);
        turn.Said.ShouldBe(Text);
    }

    [Fact]
    public async Task Cancelling_ends_the_search()
    {
        await using var bench = Adk(Hasty with { Patience = TimeSpan.FromMinutes(5) });
        Break(Fault.TruncateReset, 2, TurnReach.Cut);
        using var cancel = new CancellationTokenSource();

        var turn = FakeTurn.Saying(Story);
        var running = bench.RunAsync(turn, cancel.Token);
        await _emulator.Control.WaitForCallAsync(call => call.Verb == Verb.SessionEvents);
        await cancel.CancelAsync();

        var clock = System.Diagnostics.Stopwatch.StartNew();
        await Should.ThrowAsync<OperationCanceledException>(running);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        turn.EngineSession!.LastInvocation.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_healthy_turn_asks_nothing_more()
    {
        await using var bench = Adk();
        (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldBeNull();
        _emulator.Control.Calls.ShouldNotContain(call => call.Verb == Verb.SessionEvents);
    }

    [Fact]
    public async Task A_session_the_caller_named_is_asked_as_well()
    {
        await using var bench = Adk();
        var before = FakeTurn.Saying("before");
        (await bench.RunAsync(before)).Fault.ShouldBeNull();
        Break(Fault.Empty, 0, TurnReach.Completed);

        var turn = FakeTurn.Giving($$"""{"message":{"role":"user","parts":[{"text":"hi"}]},"session_id":"{{before.EngineSession!.Id}}"}""");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        turn.Binds.ShouldBe(0);
    }

    [Theory]
    [InlineData(498)]
    [InlineData(500)]
    public async Task An_error_line_behind_a_whole_answer_spoils_nothing(int code)
    {
        await using var bench = Adk();
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.LateError, LineCode = code });

        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Said.ShouldBe("You said: hi");
        _emulator.Control.Calls.Any(call => call.Verb == Verb.SessionEvents).ShouldBe(code != 498);
    }

    [Fact]
    public async Task Each_search_is_counted_with_its_outcome_and_reason()
    {
        var counted = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "sluice.engine.recoveries")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => counted.Enqueue(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        listener.Start();
        await using var bench = Adk();

        Break(Fault.Empty, 0, TurnReach.Completed);
        await bench.RunAsync(FakeTurn.Saying("hi"));
        Break(Fault.Internal, 0, TurnReach.NotStarted);
        await bench.RunAsync(FakeTurn.Saying("hi"));
        Break(Fault.TruncateReset, 1, TurnReach.Cut);
        await bench.RunAsync(FakeTurn.Saying("hi"));

        // Other tests of this assembly may count at the same time.
        counted.ShouldContain("outcome=finished reason=engine_empty_answer");
        counted.ShouldContain("outcome=never_started reason=engine_internal_error");
        counted.ShouldContain("outcome=unknown reason=engine_stream_cut");
    }

    [Fact]
    public async Task An_agents_own_error_is_its_end()
    {
        await using var bench = Adk();
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.AgentError, ErrorText = "429 RESOURCE_EXHAUSTED. {'error': {'code': 429}}" });

        var fault = (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldNotBeNull();

        fault.Kind.ShouldBe(FaultKind.QuotaExceeded);
        fault.Retry.ShouldBe(RetryVerdict.MayHaveStarted);
        fault.LeavesTurnUnknown.ShouldBeFalse();
        _emulator.Control.Calls.ShouldNotContain(call => call.Verb == Verb.SessionEvents);
    }

    [Fact]
    public async Task A_plain_engine_has_nothing_to_ask()
    {
        await using var bench = Bench("plain", Hasty);
        Break(Fault.TruncateReset, 1, TurnReach.Completed);
        (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_could_not_be_made_has_started_nothing()
    {
        await using var bench = Adk();
        _emulator.Control.Enqueue(new Script { Verb = Verb.Query, Fault = Fault.Reset });
        var fault = (await bench.RunAsync(FakeTurn.Saying("hi"))).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.CutStream);
        fault.Retry.ShouldBe(RetryVerdict.NotStarted);
    }

    private void Break(Fault wrong, int after, TurnReach turn, string? text = null) =>
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = wrong, After = after, Turn = turn, Text = text });

    private Bench Adk(RecoveryPolicy? policy = null, Func<VertexOptions, VertexOptions>? with = null) => Bench("adk", policy ?? Hasty, with);

    private Bench Bench(string engine, RecoveryPolicy policy, Func<VertexOptions, VertexOptions>? with = null) => new(_emulator.Address, options =>
    {
        options = options with { Engine = EngineName.Parse(_emulator.EngineName(engine)), Dialect = DialectChoice.Auto, Recovery = policy };
        return with?.Invoke(options) ?? options;
    });
}
