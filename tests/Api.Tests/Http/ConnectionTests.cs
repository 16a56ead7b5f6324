using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Core.Engines;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Http;

/// <summary>What clients do to a connection, on bare sockets.</summary>
public sealed class ConnectionTests
{
    private const string StreamRequest =
        "POST /invoke/stream HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 32\r\n\r\n{\"text\":\"tell\",\"session_id\":\"s\"}";

    [Fact]
    public async Task A_reader_that_falls_behind_is_told_of_the_gap_and_holds_up_nobody()
    {
        await using var gateway = await Gateway.StartAsync(
            new() { SlownessGrace = TimeSpan.FromMinutes(5), SlowestReader = 1 },
            limits: new() { LogBytes = 64 * 1024 });
        using var socket = await ConnectAsync(gateway, receiveBuffer: 4096);
        await SendAsync(socket, StreamRequest);
        var call = await gateway.Engine.NextCallAsync();
        var text = new string('x', 8000);
        for (var i = 0; i < 4000; i++)
        {
            call.Emit(text);
        }

        // The log holds 64 KB of these 32 MB; nobody waited for the reader.
        var other = gateway.PostAsync("/invoke", """{"text":"ping"}""");
        (await gateway.Engine.NextCallAsync()).Complete();
        (await other).Dispose();
        call.Complete();

        var (gaps, ended) = await ReadToDoneAsync(socket);
        gaps.ShouldBeGreaterThan(0);
        ended.ShouldBeTrue();
    }

    [Fact]
    public async Task A_reader_that_takes_nothing_is_cut_off_and_its_turn_goes_on()
    {
        await using var gateway = await Gateway.StartAsync(new() { SlownessGrace = TimeSpan.FromSeconds(2), SlowestReader = 1024 * 1024 });
        using var socket = await ConnectAsync(gateway, receiveBuffer: 4096);
        await SendAsync(socket, StreamRequest);
        var call = await gateway.Engine.NextCallAsync();
        var text = new string('x', 8000);
        for (var i = 0; i < 2000; i++)
        {
            call.Emit(text);
        }

        // Reads nothing. What tells that the reader was let go is the grace that begins to run: without readers the turn ends by it, on a clock moved by hand.
        await gateway.AdvanceUntilAsync(CancelledAsync(call), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_body_that_never_comes_is_given_up()
    {
        await using var gateway = await Gateway.StartAsync(new() { SlownessGrace = TimeSpan.FromSeconds(2) });
        using var socket = await ConnectAsync(gateway);
        await SendAsync(socket, "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"te");

        var answer = await ReadAllAsync(socket);

        answer.ShouldStartWith("HTTP/1.1 408 ");
        answer.ShouldContain("\"code\":\"body_too_slow\"");
        gateway.Engine.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_goes_in_the_middle_of_its_body_starts_nothing_and_is_no_error(bool reset)
    {
        await using var gateway = await Gateway.StartAsync();

        // Many: whether the request or its server sees the end first is a race.
        for (var client = 0; client < 500; client++)
        {
            using var socket = await ConnectAsync(gateway);
            await SendAsync(socket, "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"te");
            socket.LingerState = new LingerOption(reset, 0);
        }

        using var alive = await gateway.GetAsync("/livez");
        ((int)alive.StatusCode).ShouldBe(200);
        gateway.Engine.Calls.ShouldBe(0);
    }

    [Theory]
    [InlineData("X-Big: ", 100_000, 1)]
    [InlineData("X-Many: ", 1, 500)]
    public async Task Absurd_headers_are_refused(string name, int size, int count)
    {
        await using var gateway = await Gateway.StartAsync();
        using var socket = await ConnectAsync(gateway);
        var headers = string.Concat(Enumerable.Repeat(name + new string('a', size) + "\r\n", count));

        await SendAsync(socket, "GET /livez HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");

        (await ReadAllAsync(socket)).ShouldStartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task A_chunked_body_that_does_not_end_is_refused_at_the_bound()
    {
        await using var gateway = await Gateway.StartAsync(new() { MaxBodyBytes = 10_000 });
        using var socket = await ConnectAsync(gateway);
        await SendAsync(socket, "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        var chunk = "3e8\r\n" + new string('a', 1000) + "\r\n";
        for (var i = 0; i < 11; i++)
        {
            await SendAsync(socket, chunk);
        }

        (await ReadAllAsync(socket, until: "body_too_large")).ShouldStartWith("HTTP/1.1 413 ");
    }

    [Theory]
    [InlineData("zzz\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("5\r\nabcdefgh\r\n")]
    public async Task A_body_with_broken_chunks_is_refused(string body)
    {
        await using var gateway = await Gateway.StartAsync();
        using var socket = await ConnectAsync(gateway);

        await SendAsync(socket, "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + body);

        var answer = await ReadAllAsync(socket, until: "}");
        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain("bad_request");
    }

    [Fact]
    public async Task A_body_in_many_small_pieces_is_one_body()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Turn.Append(call.Turn.Request.Input.Json.Span, default);
            return new EngineOutcome { Answer = AnswerShape.Verbatim };
        }));
        using var socket = await ConnectAsync(gateway);
        await SendAsync(socket, "POST /invoke HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n");
        foreach (var piece in """{"text":"abcdef"}""")
        {
            await SendAsync(socket, piece.ToString());
        }

        (await ReadAllAsync(socket, until: "\"abcdef\"")).ShouldStartWith("HTTP/1.1 200 ");
    }

    private static async Task<bool> CancelledAsync(ScriptedCall call)
    {
        await call.CancelledAsync();
        return true;
    }

    private static async Task<Socket> ConnectAsync(Gateway gateway, int? receiveBuffer = null)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
        {
            socket.ReceiveBufferSize = size;
        }

        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    private static async Task<string> ReadAllAsync(Socket socket, string? until = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var all = new StringBuilder();
        var buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer, patience.Token) is var count and > 0)
            {
                all.Append(Encoding.ASCII.GetString(buffer, 0, count));
                if (until is not null && all.ToString().Contains(until, StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // What came before it counts.
        }

        return all.ToString();
    }

    private static async Task<(int Gaps, bool Ended)> ReadToDoneAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var lines = new StreamReader(new NetworkStream(socket, ownsSocket: false));
        var gaps = 0;
        while (await lines.ReadLineAsync(patience.Token) is { } line)
        {
            gaps += line == "event: gap" ? 1 : 0;
            if (line == "event: done")
            {
                return (gaps, true);
            }
        }

        return (gaps, false);
    }
}
