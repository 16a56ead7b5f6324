using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Stands between a client and the gateway, and closes the nth connection after as many events as the nth number says; further ones it leaves alone, and closes those for which there is no gateway.</summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<int> _connections = Channel.CreateBounded<int>(100);
    private readonly Task _accepting;
    private readonly List<Task> _serving = [];

    public CuttingProxy(Uri behind, params int[] eventsUntilCut)
    {
        Behind = behind;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");
        _accepting = AcceptAsync(eventsUntilCut);
    }

    public Uri Address { get; }

    /// <summary>The gateway of connections to come.</summary>
    public Uri Behind { get; set; }

    /// <summary>The request that opened each connection, head only.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Returns when one more connection has been made.</summary>
    public async Task NextConnectionAsync() => await _connections.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _stop.Dispose();
    }

    private async Task AcceptAsync(int[] eventsUntilCut)
    {
        try
        {
            for (var number = 0; ; number++)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _connections.Writer.TryWrite(number);
                _serving.Add(ServeAsync(client, number < eventsUntilCut.Length ? eventsUntilCut[number] : int.MaxValue));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int events)
    {
        using var gateway = new TcpClient();
        using (client)
        {
            try
            {
                await gateway.ConnectAsync(Behind.Host, Behind.Port);
            }
            catch (SocketException)
            {
                return;
            }

            var (outside, inside) = (client.GetStream(), gateway.GetStream());
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            var asking = AskAsync(outside, inside, over.Token);
            try
            {
                await AnswerAsync(inside, outside, events, over.Token);
            }
            catch (Exception left) when (left is IOException || _stop.IsCancellationRequested)
            {
                // One of the two has gone; so does the other.
            }

            await over.CancelAsync();
            await asking;
        }
    }

    private async Task AskAsync(NetworkStream client, NetworkStream gateway, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await client.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                lock (Requests)
                {
                    Requests.Add(System.Text.Encoding.Latin1.GetString(buffer, 0, read));
                }

                await gateway.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }

            gateway.Socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception over) when (over is IOException or SocketException or OperationCanceledException)
        {
            // The answer has ended, and with it the connection.
        }
    }

    // An event ends with an empty line; nothing else in an answer holds two line feeds in a row, its head and its chunks end lines with CRLF.
    private static async Task AnswerAsync(NetworkStream gateway, NetworkStream client, int events, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        byte last = 0;
        while (await gateway.ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            for (var at = 0; at < read; at++)
            {
                if (buffer[at] == '\n' && last == '\n' && --events == 0)
                {
                    await client.WriteAsync(buffer.AsMemory(0, at + 1), cancellationToken);
                    return;
                }

                last = buffer[at];
            }

            await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
