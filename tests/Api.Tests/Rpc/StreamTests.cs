using System.Text;
using Google.Rpc;
using Grpc.Core;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Storage;
using Sluice.Storage.Sqlite;
using Sluice.TestKit;
using static Sluice.V1.InvokeEvent;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

public sealed class StreamTests : CalledGateway
{
    // gRPC keeps deadlines by the machine's clock: far enough for the call to come to its engine before.
    private static DateTime SoonEnough => DateTime.UtcNow.AddSeconds(2);

    [Fact]
    public async Task Events_come_one_by_one_as_the_engine_sends_them_with_their_numbers()
    {
        using var stream = Client.InvokeStream(Calling.Ask("tell", "s"));
        var started = await stream.NextAsync();
        started.Sequence.ShouldBe(1);
        started.Started.SessionId.ShouldBe("s");
        var call = await Gateway.Engine.NextCallAsync();
        started.Started.TurnId.ShouldBe(call.Turn.Id.ToString());

        foreach (var (text, sequence) in new[] { ("Once", 2L), (" upon", 3L), (" a", 4L) })
        {
            // Each is read before the engine says the next.
            call.Emit(text);
            var next = await stream.NextAsync();
            next.Sequence.ShouldBe(sequence);
            next.Delta.Text.ShouldBe(text);
        }

        call.Complete(new TokenUsage(2, 3));
        var end = await stream.NextAsync();
        end.Sequence.ShouldBe(5);
        end.Completed.FinishReason.ShouldBe("STOP");
        end.Completed.Usage.OutputTokens.ShouldBe(3);
        (await stream.RestAsync()).ShouldBeEmpty();
        (await stream.ResponseHeadersAsync).GetValue("x-turn-id").ShouldBe(started.Started.TurnId);
        (await stream.ResponseHeadersAsync).GetValue("grpc-encoding").ShouldBeNull();
    }

    [Fact]
    public async Task One_who_names_the_last_event_it_has_seen_gets_exactly_the_rest_and_starts_nothing()
    {
        var stream = Client.InvokeStream(Calling.Ask("tell"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        var call = await Gateway.Engine.NextCallAsync();
        call.Emit("Once", " upon");
        (await stream.NextAsync()).Sequence.ShouldBe(2);
        stream.Dispose();
        call.Emit(" a");

        using var resumed = Client.InvokeStream(new Wire.InvokeRequest { Resume = Calling.At(turn, 2) });
        (await resumed.NextAsync()).Delta.Text.ShouldBe(" upon");
        (await resumed.NextAsync()).Delta.Text.ShouldBe(" a");
        call.Complete();
        (await resumed.NextAsync()).Completed.ShouldNotBeNull();
        (await resumed.RestAsync()).ShouldBeEmpty();

        using var watching = Client.FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 0) });
        (await watching.RestAsync()).Select(next => (next.Sequence, next.EventCase)).ShouldBe(
            [(1, EventOneofCase.Started), (2, EventOneofCase.Delta), (3, EventOneofCase.Delta), (4, EventOneofCase.Delta), (5, EventOneofCase.Completed)]);
        Gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Behind_the_end_one_who_waits_is_told_it_again_and_a_watcher_has_seen_all()
    {
        using var stream = Client.InvokeStream(Calling.Ask("tell"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        (await Gateway.Engine.NextCallAsync()).Complete();
        (await stream.RestAsync()).ShouldHaveSingleItem().Sequence.ShouldBe(2);

        using var waiting = Client.InvokeStream(new Wire.InvokeRequest { Resume = Calling.At(turn, 2) });
        (await waiting.RestAsync()).ShouldHaveSingleItem().Completed.ShouldNotBeNull();
        using var watching = Client.FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 2) });
        (await watching.RestAsync()).ShouldBeEmpty();

        (await Client.FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 3) }).FailureAsync()).ShouldBe(StatusCode.NotFound, "unknown_cursor");
        (await Client.FollowTurn(new Wire.FollowTurnRequest()).FailureAsync()).ShouldBe(StatusCode.InvalidArgument, "invalid_request");
    }

    [Fact]
    public async Task Repeat_with_its_key_joins_the_turn_from_its_beginning()
    {
        using var first = Client.InvokeStream(Calling.Ask("tell", key: "k"));
        var turn = (await first.NextAsync()).Started.TurnId;
        var call = await Gateway.Engine.NextCallAsync();
        call.Emit("Once");

        using var second = Client.InvokeStream(Calling.Ask("tell", key: "k"));
        (await second.NextAsync()).Started.TurnId.ShouldBe(turn);
        (await second.NextAsync()).Delta.Text.ShouldBe("Once");
        call.Complete();

        (await second.RestAsync()).ShouldHaveSingleItem().EventCase.ShouldBe(EventOneofCase.Completed);
        using var third = Client.InvokeStream(Calling.Ask("tell", key: "k"));
        (await third.RestAsync()).Count.ShouldBe(3);
        (await third.ResponseHeadersAsync).GetValue("idempotent-replayed").ShouldBe("true");
        Gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Failure_is_the_last_event_and_the_status_of_the_call()
    {
        using var stream = Client.InvokeStream(Calling.Ask("tell"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        var call = await Gateway.Engine.NextCallAsync();
        call.Emit("Once");
        await stream.NextAsync();
        call.Complete(EngineOutcome.Failed(new EngineFault(FaultKind.QuotaExceeded, "No more today.", 429, TimeSpan.FromSeconds(7))));

        var error = await stream.NextAsync();
        var failure = await stream.FailureAsync();

        error.Sequence.ShouldBe(3);
        (error.Error.Code, error.Error.Message, error.Error.UpstreamStatus).ShouldBe(("engine_quota_exceeded", "No more today.", 429));
        failure.ShouldBe(StatusCode.ResourceExhausted, "engine_quota_exceeded");
        failure.Trailer(RpcStatus.RetryAfterTrailer).ShouldBe("7");
        failure.Trailer(RpcStatus.PushbackTrailer).ShouldBe("7000");
        failure.Detail<RetryInfo>().RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(7));
        failure.Detail<ErrorInfo>().Metadata["turn_id"].ShouldBe(turn);
    }

    [Fact]
    public async Task Events_of_the_engine_are_passed_on_as_they_came_where_they_are_asked_for()
    {
        using var stream = Client.InvokeStream(new Wire.InvokeRequest { Text = "tell", Format = Wire.EventFormat.Engine });
        await stream.NextAsync();
        var call = await Gateway.Engine.NextCallAsync();
        call.Emit("Once");

        (await stream.NextAsync()).Delta.Json.ToStringUtf8().ShouldBe("""{"chunk": "Once"}""");
        call.Complete();
        await stream.RestAsync();
    }

    [Fact]
    public async Task Event_without_text_is_left_out_when_it_is_an_agents_and_passed_on_when_nobody_knows_what_it_is()
    {
        using var stream = Client.InvokeStream(Calling.Ask("tell"));
        await stream.NextAsync();
        var call = await Gateway.Engine.NextCallAsync();
        call.Turn.Append("""{"author":"a","actions":{}}"""u8, default);
        call.Turn.Append("""{"progress":1}"""u8, default);
        call.Turn.Publish();

        var next = await stream.NextAsync();
        next.Sequence.ShouldBe(3);
        next.Delta.Json.ToStringUtf8().ShouldBe("""{"progress":1}""");
        call.Complete();
        await stream.RestAsync();
    }

    [Fact]
    public async Task Silence_is_broken_by_a_heartbeat_which_is_no_event_of_the_turn()
    {
        using var stream = Client.InvokeStream(Calling.Ask("think"));
        await stream.NextAsync();
        var call = await Gateway.Engine.NextCallAsync();

        var silence = await Gateway.AdvanceUntilAsync(stream.NextAsync(), TimeSpan.FromSeconds(1));

        silence.EventCase.ShouldBe(EventOneofCase.Heartbeat);
        silence.Sequence.ShouldBe(0);
        call.Complete();
        (await stream.RestAsync()).ShouldContain(last => last.Sequence == 2);
    }

    [Fact]
    public async Task Client_that_leaves_a_turn_it_can_come_back_to_does_not_end_it()
    {
        var stream = Client.InvokeStream(Calling.Ask("long"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        var call = await Gateway.Engine.NextCallAsync();
        stream.Dispose();

        using var watching = Client.FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 1) });
        (await watching.ResponseHeadersAsync.WaitAsync(TimeSpan.FromSeconds(10))).GetValue("x-turn-id").ShouldBe(turn, "the head does not wait for an event");
        call.Emit("still here");
        (await watching.NextAsync()).Delta.Text.ShouldBe("still here");

        call.Cancelled.ShouldBeFalse();
        call.Complete();
        await watching.RestAsync();
    }

    [Fact]
    public async Task Deadline_ends_the_wait_for_a_turn_with_a_key_and_the_repeat_finds_the_same_turn()
    {
        var hasty = Client.InvokeAsync(Calling.Ask("long", key: "k"), deadline: SoonEnough);
        var call = await Gateway.Engine.NextCallAsync();
        (await hasty.FailureAsync()).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);

        var again = Client.InvokeAsync(Calling.Ask("long", key: "k"));
        call.Emit("there you are");
        call.Complete();

        (await again).Text.ShouldBe("there you are");
        call.Cancelled.ShouldBeFalse();
        Gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Deadline_of_one_who_cannot_come_back_ends_the_turn_with_its_wait()
    {
        var asking = Client.InvokeAsync(Calling.Ask("long"), deadline: SoonEnough);
        var call = await Gateway.Engine.NextCallAsync();

        (await asking.FailureAsync()).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        await Gateway.AdvanceUntilAsync(CancelledAsync(), TimeSpan.FromMilliseconds(100));

        async Task<bool> CancelledAsync()
        {
            await call.CancelledAsync();
            return true;
        }
    }

    [Fact]
    public async Task Reader_that_falls_behind_what_the_log_holds_is_told_the_gap()
    {
        await using var small = await Gateway.StartAsync(grpc: Calling.Plain, limits: new() { LogEvents = 16 });
        using var channel = small.Channel();
        var detached = await channel.Client().InvokeAsync(new Wire.InvokeRequest { Text = "tell", Detached = true });
        var call = await small.Engine.NextCallAsync();
        for (var i = 0; i < 100; i++)
        {
            call.Emit("x");
        }

        call.Complete();
        using var watching = channel.Client().FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(detached.TurnId, 0) });
        var events = await watching.RestAsync();

        var gap = events.First(next => next.EventCase == EventOneofCase.Gap);
        gap.Gap.To.ShouldBe(gap.Sequence);
        events[^1].Sequence.ShouldBe(102);
        (await channel.Client().InvokeAsync(new Wire.InvokeRequest { Resume = Calling.At(detached.TurnId, 0) }).FailureAsync())
            .ShouldBe(StatusCode.ResourceExhausted, "answer_too_large").Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_does_not_end_a_stream()
    {
        using var stream = Client.InvokeStream(Calling.Ask("tell"));
        await stream.NextAsync();
        var call = await Gateway.Engine.NextCallAsync();
        var literal = Encoding.UTF8.GetBytes("""
            "a\ud83dé\\ud83d\ude00\ud83d\ude00"
            """);
        call.Turn.Append([.. """{"chunk":"""u8, .. literal, (byte)'}'], literal);
        call.Turn.Publish();

        (await stream.NextAsync()).Delta.Text.ShouldBe("a\uFFFDé\\ud83d\uFFFD😀");
        call.Complete();
        await stream.RestAsync();
    }

    [Fact]
    public async Task Turn_that_moves_is_unavailable_here_and_says_where_to_go_on()
    {
        var directory = Directory.CreateTempSubdirectory("sluice-moved-").FullName;
        await using var store = SqliteSessionStore.Open(new SqliteOptions { Path = Path.Combine(directory, "sluice.db") }, TimeProvider.System);
        await using (var leaving = await Gateway.StartAsync(grpc: Calling.Plain, host: (engine, limits, pulse) => new StoredSessionHost(
            engine, limits, pulse, new RecordingObserver(), new SessionJournal(store, pulse.Time, TimeSpan.FromSeconds(1)))))
        {
            using var channel = leaving.Channel();
            using var stream = channel.Client().InvokeStream(Calling.Ask("tell", "a"));
            var turn = (await stream.NextAsync()).Started.TurnId;
            (await leaving.Engine.NextCallAsync()).Emit("Once");
            await stream.NextAsync();
            var keyed = channel.Client().InvokeAsync(Calling.Ask("tell", "b", "k"));
            await leaving.Engine.NextCallAsync();
            var plain = channel.Client().InvokeAsync(Calling.Ask("tell", "c"));
            await leaving.Engine.NextCallAsync();

            await leaving.Host.DrainAsync(new CancellationToken(canceled: true));

            var moved = (await stream.FailureAsync()).ShouldBe(StatusCode.Unavailable, "moved");
            moved.Trailer(RpcStatus.CursorTrailer).ShouldBe($"{turn}:2");
            moved.Detail<RetryInfo>().RetryDelay.Seconds.ShouldBe(1);
            (await keyed.FailureAsync()).ShouldBe(StatusCode.Unavailable, "moved").Trailer(RpcStatus.PushbackTrailer).ShouldBe("1000");

            // The same request again would run another turn: no client may send it by itself.
            var once = (await plain.FailureAsync()).ShouldBe(StatusCode.Aborted, "moved");
            once.Trailer(RpcStatus.CursorTrailer).ShouldEndWith(":0");
            once.Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
            (await channel.Client().InvokeAsync(Calling.Ask("new")).FailureAsync()).ShouldBe(StatusCode.Unavailable, "stopping");
        }

        Directory.Delete(directory, recursive: true);
    }
}
