using System.Net;
using System.Net.Sockets;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>The network between one node and PostgreSQL: a port of loopback that leads there, until it is cut or goes silent, and again when it is healed.</summary>
internal sealed class Link : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly HashSet<Task> _serving = [];
    private readonly int _behind;
    private readonly Task _accepting;
    private CancellationTokenSource _cut = new();
    private TaskCompletionSource _open = Opened();
    private bool _isCut;

    /// <param name="behind">The port it leads to.</param>
    public Link(int behind)
    {
        _behind = behind;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>Closes every connection, and each new one as soon as it is made.</summary>
    public void Cut()
    {
        lock (_gate)
        {
            _isCut = true;
            _cut.Cancel();
        }
    }

    /// <summary>Carries nothing in either direction any more, and closes nothing: as if packets were lost.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Leads there again; what was held back arrives now.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            if (_isCut)
            {
                (_isCut, _cut) = (false, new CancellationTokenSource());
            }

            _open.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        Task[] serving;
        lock (_gate)
        {
            serving = [.. _serving];
        }

        await Task.WhenAll(serving);
        _stop.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                lock (_gate)
                {
                    _serving.RemoveWhere(task => task.IsCompleted);
                    _serving.Add(ServeAsync(client, _cut.Token));
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, CancellationToken cut)
    {
        await Task.Yield();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cut, _stop.Token);
        using var server = new TcpClient { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            try
            {
                await PassAsync(over.Token);
                await server.ConnectAsync(IPAddress.Loopback, _behind, over.Token);
                var there = CarryAsync(client, server, over.Token);
                var back = CarryAsync(server, client, over.Token);
                await Task.WhenAny(there, back);
                await over.CancelAsync();
                await Task.WhenAll(there, back);
            }
            catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
            {
                // One of the two has gone, or the link was cut; so does the other.
            }

            // With a reset, as a connection ends that nobody closes.
            client.LingerState = new LingerOption(enable: true, seconds: 0);
        }
    }

    private async Task CarryAsync(TcpClient from, TcpClient to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer, cancellationToken) is var read and > 0)
        {
            await PassAsync(cancellationToken);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    private Task PassAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _open.Task.WaitAsync(cancellationToken);
        }
    }
}
