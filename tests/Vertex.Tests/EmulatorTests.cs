using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Emulator;
using Sluice.Emulator.Control;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Tests.Stub;
using Fault = Sluice.Emulator.Control.Fault;
using Framed = Sluice.Emulator.Control.Framing;

namespace Sluice.Vertex.Tests;

public sealed class EmulatorTests : IAsyncLifetime
{
    private EmulatorHost _emulator = null!;

    public async Task InitializeAsync() => _emulator = await EmulatorHost.StartAsync(new EmulatorOptions { SplitChunks = true });

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    public static TheoryData<string, Framed> Framings()
    {
        var data = new TheoryData<string, Framed>();
        foreach (var framing in Enum.GetValues<Framed>())
        {
            data.Add("adk", framing);
            data.Add("plain", framing);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task An_answer_is_the_same_text_in_every_framing(string engine, Framed framing)
    {
        await using var bench = Auto(engine);
        var usual = FakeTurn.Saying("tell me a story");
        (await bench.RunAsync(usual)).Fault.ShouldBeNull();
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Framing = framing });
        var framed = FakeTurn.Saying("tell me a story");
        var outcome = await bench.RunAsync(framed);
        outcome.Fault.ShouldBeNull();
        outcome.Answer.ShouldBe(AnswerShape.Text);
        framed.Said.ShouldBe(usual.Said);
        framed.Said.ShouldNotBeEmpty();
        framed.Raw.Count.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task An_adk_session_is_made_once_and_remembers()
    {
        await using var bench = Auto("adk");
        var first = FakeTurn.Saying("one");
        (await bench.RunAsync(first)).Usage.ShouldNotBeNull();
        var second = FakeTurn.Saying("two", Delivery.Whole);
        second.EngineSession = first.EngineSession.ShouldNotBeNull();
        (await bench.RunAsync(second)).FinishReason.ShouldBe("STOP");
        _emulator.Control.Calls.Count(call => call.Verb == Verb.Query).ShouldBe(1);
        _emulator.Control.Calls.Count(call => call.Verb == Verb.StreamQuery).ShouldBe(2);
        _emulator.Control.Calls.Count(call => call.Verb == Verb.EngineGet).ShouldBe(1);
    }

    [Fact]
    public async Task A_plain_engine_answers_a_query_word_for_word()
    {
        await using var bench = Auto("plain");
        var turn = FakeTurn.Saying("ping", Delivery.Whole);
        (await bench.RunAsync(turn)).Answer.ShouldBe(AnswerShape.Verbatim);
        turn.Raw.Single().ShouldContain("\"output\"");
    }

    [Theory]
    [InlineData(Fault.Quota, FaultKind.QuotaExceeded, false)]
    [InlineData(Fault.Unavailable, FaultKind.Unavailable, false)]
    [InlineData(Fault.BadGateway, FaultKind.Unavailable, false)]
    [InlineData(Fault.Internal, FaultKind.InternalError, false)]
    [InlineData(Fault.Deadline, FaultKind.UpstreamDeadline, false)]
    [InlineData(Fault.ColdContainer, FaultKind.ColdStart, false)]
    [InlineData(Fault.ColdContainerEmpty, FaultKind.ColdStart, false)]
    [InlineData(Fault.AgentError, FaultKind.AgentFailed, true)]
    [InlineData(Fault.Unauthenticated, FaultKind.Unauthenticated, false)]
    [InlineData(Fault.Forbidden, FaultKind.PermissionDenied, false)]
    [InlineData(Fault.NotFound, FaultKind.EngineNotFound, false)]
    [InlineData(Fault.Empty, FaultKind.EmptyAnswer, false)]
    [InlineData(Fault.ClosedLine, FaultKind.StreamError, true)]
    [InlineData(Fault.ErrorLine, FaultKind.StreamError, true)]
    [InlineData(Fault.Truncate, FaultKind.CutStream, true)]
    [InlineData(Fault.TruncateReset, FaultKind.CutStream, true)]
    [InlineData(Fault.Reset, FaultKind.CutStream, false)]
    public async Task What_goes_wrong_in_the_engine_has_its_fault_in_both_dialects(Fault wrong, FaultKind kind, bool started)
    {
        foreach (var engine in new[] { "adk", "plain" })
        {
            await using var bench = Auto(engine);
            _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = wrong, RetryDelay = TimeSpan.FromSeconds(7) });
            var turn = FakeTurn.Saying("my secret");
            var fault = (await bench.RunAsync(turn)).Fault.ShouldNotBeNull();
            fault.Kind.ShouldBe(kind);
            fault.Message.ShouldNotContain("secret");
            if (wrong is Fault.Quota)
            {
                fault.RetryAfter.ShouldBe(TimeSpan.FromSeconds(7));
            }

            // A reset may overtake the events before it.
            if (wrong is not Fault.TruncateReset)
            {
                fault.Started.ShouldBe(started);
            }
        }
    }

    [Fact]
    public async Task A_late_error_spoils_no_adk_answer()
    {
        await using var bench = Auto("adk");
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.LateError });
        var turn = FakeTurn.Saying("hi");
        (await bench.RunAsync(turn)).Fault.ShouldBeNull();
        turn.Said.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Cancelling_a_stalled_stream_is_seen_by_the_engine()
    {
        await using var bench = Auto("adk");
        _emulator.Control.Enqueue(new Script { Verb = Verb.StreamQuery, Fault = Fault.Stall });
        using var cancel = new CancellationTokenSource();
        var turn = FakeTurn.Saying("hi");
        var running = bench.RunAsync(turn, cancel.Token);
        await turn.PublishedAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await _emulator.Control.WaitForCancelAsync(call => call.Verb == Verb.StreamQuery);
    }

    private Bench Auto(string engine) => new(_emulator.Address, options => options with
    {
        Engine = EngineName.Parse(_emulator.EngineName(engine)),
        Dialect = DialectChoice.Auto,

        // What is found out after a fault is tested elsewhere.
        Recovery = new RecoveryPolicy { Patience = TimeSpan.Zero },
    });
}
