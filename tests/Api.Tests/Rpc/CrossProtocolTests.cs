using Grpc.Core;
using Grpc.Net.Client;
using Sluice.Api.Tests.Http;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

/// <summary>Two front ends, one for HTTP and one for gRPC, of the same sessions: the same turns, by the same cursors.</summary>
public sealed class CrossProtocolTests : IAsyncLifetime
{
    private Gateway _http = null!;
    private Gateway _rpc = null!;
    private GrpcChannel _channel = null!;
    private Wire.AgentGateway.AgentGatewayClient _client = null!;

    public async Task InitializeAsync()
    {
        _http = await Gateway.StartAsync();
        _rpc = await Gateway.StartAsync(grpc: Calling.Plain, host: (_, _, _) => _http.Host);
        _channel = _rpc.Channel();
        _client = _channel.Client();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _rpc.DisposeAsync();
        await _http.DisposeAsync();
    }

    [Fact]
    public async Task Turn_begun_over_http_is_gone_on_with_over_grpc()
    {
        var asking = _http.PostAsync("/invoke/stream", """{"text":"tell"}""");
        var call = await _http.Engine.NextCallAsync();
        call.Emit("Once", " upon");
        using var response = await asking;
        var lines = await response.LinesAsync();
        string? line;
        do
        {
            line = await lines.NextAsync();
        }
        while (line?.EndsWith(":2", StringComparison.Ordinal) != true);

        var cursor = line["id: ".Length..].Split(':');
        using var rest = _client.InvokeStream(new Wire.InvokeRequest { Resume = Calling.At(cursor[0], long.Parse(cursor[1])) });
        (await rest.NextAsync()).ShouldBe(new Wire.InvokeEvent { Sequence = 3, Delta = new Wire.Delta { Text = " upon" } });
        call.Complete();
        (await rest.RestAsync()).ShouldHaveSingleItem().Sequence.ShouldBe(4);
        _http.Engine.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Turn_begun_over_grpc_is_gone_on_with_over_http_and_cancelled_there()
    {
        using var stream = _client.InvokeStream(Calling.Ask("tell", "s"));
        var turn = (await stream.NextAsync()).Started.TurnId;
        var call = await _http.Engine.NextCallAsync();
        call.Emit("Once");
        await stream.NextAsync();

        using var rest = await _http.PostAsync("/invoke/stream", "{}", ("Last-Event-ID", $"{turn}:1"));
        var lines = await rest.LinesAsync();
        (await lines.NextAsync()).ShouldBe($"id: {turn}:2");
        (await lines.NextAsync()).ShouldBe("""data: {"chunk":"Once"}""");
        using var cancelled = await _http.PostAsync($"/sessions/s/turns/{turn}:cancel", "");

        await call.CancelledAsync();
        (await stream.NextAsync()).Error.Reason.ShouldBe("requested");
        (await stream.FailureAsync()).ShouldBe(StatusCode.Cancelled, "turn_cancelled");
        (await lines.ReadToEndAsync()).ShouldContain($"id: {turn}:3");
    }

    [Fact]
    public async Task Repeat_with_the_same_key_and_question_finds_the_turn_whatever_protocol_it_came_by()
    {
        var asking = _http.PostAsync("/invoke", """{"text":"a \"quoted\"\n\t😀 question","user_id":"u"}""", ("Idempotency-Key", "k"));
        var call = await _http.Engine.NextCallAsync();
        call.Emit("an answer");
        call.Complete();
        using var response = await asking;

        var again = await _client.InvokeAsync(new Wire.InvokeRequest { Text = "a \"quoted\"\n\t😀 question", UserId = "u", IdempotencyKey = "k" });

        again.TurnId.ShouldBe(response.Header("X-Turn-Id"));
        again.SessionId.ShouldBe(response.Header("X-Session-Id"));
        again.Replayed.ShouldBeTrue();
        again.Text.ShouldBe("an answer");
        _http.Engine.Calls.ShouldBe(1);
    }
}
