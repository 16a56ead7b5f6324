using System.Reflection;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using Sluice.Api.Endpoints;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Turns;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

public sealed class InvokeTests() : CalledGateway(new HttpSurfaceOptions { MaxBodyBytes = 64 * 1024, MaxTextBytes = 1024, MaxDepth = 4 })
{
    [Fact]
    public async Task Answer_is_the_joined_text_with_what_it_cost_and_the_ids_of_its_turn()
    {
        var asking = Client.InvokeAsync(new Wire.InvokeRequest { Text = "say \"hé\"\n😀", SessionId = "s", UserId = "u" });
        var call = await Gateway.Engine.NextCallAsync();
        call.Text.ShouldBe("\"say \\\"hé\\\"\\n😀\"", "a text is spelled as JSON.stringify spells it");
        call.Turn.Request.UserId.ShouldBe("u");
        call.Turn.Request.Delivery.ShouldBe(Delivery.Whole);
        call.Emit("Once", " upon");
        call.Complete(new TokenUsage(3, 2, 1));

        var answer = await asking;

        answer.Text.ShouldBe("Once upon");
        answer.AnswerCase.ShouldBe(Wire.InvokeResponse.AnswerOneofCase.Text);
        answer.FinishReason.ShouldBe("STOP");
        answer.Usage.ShouldBe(new Wire.TokenUsage { InputTokens = 3, OutputTokens = 2, CachedInputTokens = 1 });
        answer.SessionId.ShouldBe("s");
        answer.TurnId.ShouldMatch("^[0-9a-f]{32}$");
        answer.Replayed.ShouldBeFalse();
        var head = await asking.ResponseHeadersAsync;
        head.GetValue("x-turn-id").ShouldBe(answer.TurnId);
        head.GetValue("x-session-id").ShouldBe("s");
    }

    [Fact]
    public async Task One_answer_of_the_engine_is_passed_on_byte_for_byte_and_its_events_are_where_they_are_asked_for()
    {
        var asking = Client.InvokeAsync(new Wire.InvokeRequest { Input = ByteString.CopyFromUtf8("""{"q" : [1]}""") });
        var call = await Gateway.Engine.NextCallAsync();
        call.Text.ShouldBe("""{"q" : [1]}""");
        call.Emit("pong");
        call.Complete(new EngineOutcome { Answer = AnswerShape.Verbatim });
        (await asking).Json.ToStringUtf8().ShouldBe("""{"chunk": "pong"}""");

        var events = Client.InvokeAsync(new Wire.InvokeRequest { Text = "tell", Format = Wire.EventFormat.Engine });
        call = await Gateway.Engine.NextCallAsync();
        call.Emit("a", "b");
        call.Complete();
        (await events).Json.ToStringUtf8().ShouldBe("""[{"chunk": "a"},{"chunk": "b"}]""");
    }

    [Fact]
    public async Task Repeat_with_its_key_is_answered_with_the_same_turn_whether_the_key_is_a_field_or_metadata()
    {
        var asking = Client.InvokeAsync(Calling.Ask("tell", key: "once"));
        var call = await Gateway.Engine.NextCallAsync();
        call.Emit("Once");
        call.Complete();
        var first = await asking;

        var again = await Client.InvokeAsync(Calling.Ask("tell", key: "once"));
        var asMetadata = await Client.InvokeAsync(Calling.Ask("tell"), new Metadata { { "idempotency-key", "once" } });
        var other = await Client.InvokeAsync(Calling.Ask("tell something else", key: "once")).FailureAsync();

        again.Replayed.ShouldBeTrue();
        again.TurnId.ShouldBe(first.TurnId);
        again.Text.ShouldBe("Once");
        asMetadata.TurnId.ShouldBe(first.TurnId);
        other.ShouldBe(StatusCode.AlreadyExists, "idempotency_key_reused");
        other.Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
        Gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Detached_turn_is_answered_with_its_ids_at_once_and_its_answer_is_got_by_its_cursor()
    {
        var detached = await Client.InvokeAsync(new Wire.InvokeRequest { Text = "long", Detached = true });
        var call = await Gateway.Engine.NextCallAsync();

        detached.AnswerCase.ShouldBe(Wire.InvokeResponse.AnswerOneofCase.None);
        (await Client.GetTurnAsync(new Wire.GetTurnRequest { TurnId = detached.TurnId })).State.ShouldBe(Wire.TurnState.Running);

        var waiting = Client.InvokeAsync(new Wire.InvokeRequest { Resume = Calling.At(detached.TurnId, 0) });
        call.Emit("done at last");
        call.Complete();

        (await waiting).Text.ShouldBe("done at last");
        var turn = await Client.GetTurnAsync(new Wire.GetTurnRequest { TurnId = detached.TurnId });
        turn.State.ShouldBe(Wire.TurnState.Completed);
        turn.Completed.FinishReason.ShouldBe("STOP");
        turn.LastSequence.ShouldBe(3);
        turn.EndedAt.ToDateTimeOffset().ShouldBe(Gateway.Time.GetUtcNow());
        Gateway.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Cancelled_turn_is_told_as_that_to_the_one_who_cancels_and_the_one_who_waits()
    {
        var asking = Client.InvokeAsync(Calling.Ask("long", key: "k"));
        var call = await Gateway.Engine.NextCallAsync();

        var turn = await Client.CancelTurnAsync(new Wire.CancelTurnRequest { TurnId = call.Turn.Id.ToString() });

        await call.CancelledAsync();
        turn.State.ShouldBeOneOf(Wire.TurnState.Cancelled, Wire.TurnState.Running);
        var failure = (await asking.FailureAsync()).ShouldBe(StatusCode.Cancelled, "turn_cancelled");
        failure.Detail<ErrorInfo>().Metadata["reason"].ShouldBe("requested");
        failure.Trailer("x-turn-id").ShouldBe(turn.TurnId);
        (await Client.GetTurnAsync(new Wire.GetTurnRequest { TurnId = turn.TurnId })).Error.Reason.ShouldBe("requested");
    }

    // Written as JSON, by which a test is named.
    public static TheoryData<string, string, string> Wrong => new()
    {
        { new Wire.InvokeRequest().ToString(), "text", "needed, unless there is an input." },
        { new Wire.InvokeRequest { Text = " \n" }.ToString(), "text", "must not be blank." },
        { new Wire.InvokeRequest { Text = "t", SessionId = "a b" }.ToString(), "session_id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -." },
        { new Wire.InvokeRequest { Text = "t", UserId = "a\nb" }.ToString(), "user_id", "must be 1 to 128 characters without control characters." },
        { new Wire.InvokeRequest { Text = "t", ClassMethod = "1x" }.ToString(), "class_method", "must be a method's name: 1 to 128 letters, digits and _, not beginning with a digit." },
        { new Wire.InvokeRequest { Text = "t", IdempotencyKey = "a b" }.ToString(), "idempotency_key", "must have 1 to 255 visible ASCII characters." },
        { new Wire.InvokeRequest { Text = "t", OnBusy = (Wire.OnBusy)9 }.ToString(), "on_busy", "must be ON_BUSY_QUEUE, ON_BUSY_REJECT or ON_BUSY_INTERRUPT." },
        { new Wire.InvokeRequest { Text = "t", Format = (Wire.EventFormat)9 }.ToString(), "format", "must be EVENT_FORMAT_TEXT or EVENT_FORMAT_ENGINE." },
        { new Wire.InvokeRequest { Input = ByteString.CopyFromUtf8("[]") }.ToString(), "input", "must be a JSON object." },
        { new Wire.InvokeRequest { Input = ByteString.CopyFromUtf8("""{"a":1} x""") }.ToString(), "input", "must be a JSON object: see line 1, byte 9." },
        { new Wire.InvokeRequest { Input = ByteString.CopyFrom(0x7B, 0xFF, 0x7D) }.ToString(), "input", "must be a JSON object in UTF-8." },
        { new Wire.InvokeRequest { Resume = Calling.At("nonsense", 1) }.ToString(), "resume.turn_id", "must be a turn's id: 32 lower-case hexadecimal digits." },
        { new Wire.InvokeRequest { Resume = Calling.At(new string('a', 32), -1) }.ToString(), "resume.sequence", "must be a sequence: a whole number from 0." },
        { new Wire.InvokeRequest { Resume = Calling.At(new string('a', 32), 1), Text = "t" }.ToString(), "resume", "goes on with a turn that is there: beside it only format may be said." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_is_told_by_its_field_with_what_would_be_right(string json, string field, string what)
    {
        var request = Wire.InvokeRequest.Parser.ParseJson(json);
        var whole = await Client.InvokeAsync(request).FailureAsync();
        var stream = await Client.InvokeStream(request).FailureAsync();

        foreach (var failure in new[] { whole, stream })
        {
            failure.ShouldBe(StatusCode.InvalidArgument, "invalid_request");
            var violation = failure.Detail<BadRequest>().FieldViolations.ShouldHaveSingleItem();
            (violation.Field, violation.Description).ShouldBe((field, what));
            failure.Status.Detail.ShouldBe($"{field}: {what}");
            failure.Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
        }

        Gateway.Engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once()
    {
        var failure = await Client.InvokeAsync(new Wire.InvokeRequest { Text = "", SessionId = "/", ClassMethod = "-" }).FailureAsync();

        failure.Detail<BadRequest>().FieldViolations.Select(violation => violation.Field).ShouldBe(["session_id", "class_method", "text"]);
    }

    [Fact]
    public async Task What_is_too_much_is_refused_as_that()
    {
        var text = await Client.InvokeAsync(Calling.Ask(new string('x', 1023))).FailureAsync();
        text.ShouldBe(StatusCode.InvalidArgument, "text_too_large");
        var deep = await Client.InvokeAsync(new Wire.InvokeRequest { Input = ByteString.CopyFromUtf8("""{"a":[[[]]]}""") }).FailureAsync();
        deep.ShouldBe(StatusCode.InvalidArgument, "nested_too_deeply");
        var engine = await Client.InvokeAsync(new Wire.InvokeRequest { Text = "t", Engine = "none" }).FailureAsync();
        engine.ShouldBe(StatusCode.NotFound, "unknown_engine");

        var message = await Client.InvokeAsync(new Wire.InvokeRequest { Input = ByteString.CopyFrom(new byte[65 * 1024]) }).FailureAsync();
        message.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        Gateway.Engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Message_that_is_compressed_is_not_unpacked()
    {
        using var zipping = GrpcChannel.ForAddress(
            Gateway.Address, new GrpcChannelOptions { CompressionProviders = [new GzipCompressionProvider(System.IO.Compression.CompressionLevel.Fastest)] });

        var failure = await zipping.Client().InvokeAsync(Calling.Ask("zip"), new Metadata { { "grpc-internal-encoding-request", "gzip" } }).FailureAsync();

        failure.StatusCode.ShouldBe(StatusCode.Unimplemented);
        Gateway.Engine.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(FaultKind.Unavailable, StatusCode.Unavailable)]
    [InlineData(FaultKind.Unreachable, StatusCode.Unavailable)]
    [InlineData(FaultKind.QuotaExceeded, StatusCode.ResourceExhausted)]
    [InlineData(FaultKind.AgentFailed, StatusCode.FailedPrecondition)]
    [InlineData(FaultKind.InvalidRequest, StatusCode.InvalidArgument)]
    [InlineData(FaultKind.EngineNotFound, StatusCode.NotFound)]
    [InlineData(FaultKind.PermissionDenied, StatusCode.Internal)]
    public async Task Failed_turn_is_the_status_of_its_failure(FaultKind fault, StatusCode status)
    {
        var asking = Client.InvokeAsync(Calling.Ask("tell"));
        (await Gateway.Engine.NextCallAsync()).Fail(fault, "100 % wrong: é");

        var failure = await asking.FailureAsync();

        failure.ShouldBe(status, FaultTable.Of(fault).Code);
        failure.Status.Detail.ShouldBe("100 % wrong: é");
        (failure.Trailer(RpcStatus.RetryAfterTrailer) is not null).ShouldBe(status is StatusCode.Unavailable or StatusCode.ResourceExhausted && fault != FaultKind.Unreachable);
    }

    [Fact]
    public async Task Turn_whose_end_nobody_knows_is_nothing_that_aClient_repeats_by_itself()
    {
        var asking = Client.InvokeAsync(Calling.Ask("tell"));
        (await Gateway.Engine.NextCallAsync()).Fail(FaultKind.CutStream);

        var failure = (await asking.FailureAsync()).ShouldBe(StatusCode.Unknown, "engine_stream_cut");

        failure.Trailer(RpcStatus.PushbackTrailer).ShouldBe("-1");
        failure.Detail<ErrorInfo>().Metadata["state"].ShouldBe("unknown");
    }

    [Fact]
    public async Task Defect_tells_nothing_of_itself()
    {
        await using var broken = await Gateway.StartAsync(grpc: Calling.Plain, host: static (_, _, _) => DispatchProxy.Create<ISessionHost, Defective>());
        using var channel = broken.Channel();

        var failure = await channel.Client().InvokeAsync(Calling.Ask("tell")).FailureAsync();

        failure.ShouldBe(StatusCode.Internal, "internal_error");
        failure.ToString().ShouldNotContain("secret");
        broken.TakeErrors().ShouldHaveSingleItem().ShouldContain("secret");
    }

    [Fact]
    public async Task Store_that_is_away_is_a_reason_to_come_back()
    {
        await using var away = await Gateway.StartAsync(grpc: Calling.Plain, host: static (_, _, _) => DispatchProxy.Create<ISessionHost, StorageTests.Unavailable>());
        using var channel = away.Channel();
        var turn = new string('a', 32);

        foreach (var failure in new[]
        {
            await channel.Client().InvokeAsync(Calling.Ask("tell")).FailureAsync(),
            await channel.Client().InvokeStream(Calling.Ask("tell")).FailureAsync(),
            await channel.Client().FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 1) }).FailureAsync(),
            await channel.Client().GetTurnAsync(new Wire.GetTurnRequest { TurnId = turn }).FailureAsync(),
            await channel.Client().CancelTurnAsync(new Wire.CancelTurnRequest { TurnId = turn }).FailureAsync(),
        })
        {
            failure.ShouldBe(StatusCode.Unavailable, "storage_unavailable");
            failure.Detail<RetryInfo>().RetryDelay.ToTimeSpan().ShouldBeGreaterThan(TimeSpan.Zero);
        }
    }

#pragma warning disable CA1852 // The proxy derives from it.
    internal class Defective : DispatchProxy
#pragma warning restore CA1852
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IAsyncDisposable.DisposeAsync)
            ? ValueTask.CompletedTask
            : throw new InvalidOperationException("a secret");
    }
}
