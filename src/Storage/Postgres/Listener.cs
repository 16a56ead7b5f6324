using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>Hears what other processes say to this one, on a connection of its own.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    private readonly Connections _connections;
    private readonly Node _node;
    private readonly TimeSpan _silence;
    private readonly Followers _followers;
    private readonly CircuitReports _circuits;
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;

    /// <param name="connections">Where.</param>
    /// <param name="node">Which to listen for.</param>
    /// <param name="silence">After so long without a word it is asked whether the server is still there.</param>
    /// <param name="followers">Told who follows what.</param>
    /// <param name="circuits">Told of the circuits of the others.</param>
    public Listener(Connections connections, Node node, TimeSpan silence, Followers followers, CircuitReports circuits) =>
        (_connections, _node, _silence, _followers, _circuits) = (connections, node, silence, followers, circuits);

    /// <summary>Whom to wake.</summary>
    public IPeerEvents? Events { get; set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var connection = await ListenAsync(cancellationToken);
        _run = RunAsync(connection, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync(NpgsqlConnection first, CancellationToken stop)
    {
        await Task.Yield();
        var connection = first;
        for (var delay = FirstDelay; ;)
        {
            try
            {
                await using (connection)
                {
                    while (true)
                    {
                        await HearAsync(connection, stop);
                        delay = FirstDelay;
                    }
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                // The presence, on the same server, tells of its trouble.
            }

            while (true)
            {
                await Task.Delay(delay, stop);
                delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
                try
                {
                    connection = await ListenAsync(stop);
                    break;
                }
                catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
                {
                    // Again after the delay.
                }
            }

            Events?.MayHaveMissed();
        }
    }

    private async Task<NpgsqlConnection> ListenAsync(CancellationToken cancellationToken)
    {
        var connection = await _connections.OpenAsync(cancellationToken);
        try
        {
            connection.Notification += (_, heard) => Heard(heard.Payload);
            await using var command = new NpgsqlCommand($"listen {_node.Channel(_node.Number)}; listen {_node.Channel(Node.Everyone)}", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task HearAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        if (!await connection.WaitAsync(_silence, stop))
        {
            await using var command = new NpgsqlCommand("select 1", connection);
            await command.ExecuteScalarAsync(stop);
        }
    }

    private void Heard(string payload)
    {
        if (WakeUp.ReadReport(payload) is var (from, report))
        {
            _circuits.Heard(from, report);
            return;
        }

        var (kind, node, ids) = WakeUp.Read(payload);
        switch (kind)
        {
            case WakeUp.Letter:
                Events?.LetterCame();
                break;
            case WakeUp.Reply:
                Events?.ReplyCame(ids[0]);
                break;
            case WakeUp.Moved:
                Events?.TurnMoved(ids[0]);
                break;
            case WakeUp.Follow:
                foreach (var turn in ids)
                {
                    _followers.Add(node, turn);
                    Events?.TurnFollowed(turn);
                }

                break;
        }
    }
}
