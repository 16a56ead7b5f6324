using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>
/// That this process is seen by the others: it holds the lock with its number on a connection that the server ends when it hears nothing for the time of the lease, because
/// the process has died, stands still or cannot be reached. No clock is compared with another: each measures from the same question, the process from before it was sent, the
/// server from after it was answered, so that the process stops to believe in its lock before the server takes it away.
/// </summary>
/// <remarks>The connection is for this alone: one that may be sent wake-ups could be stuck in sending, where the server does not look at the time.</remarks>
internal sealed class Presence : IAsyncDisposable
{
    /// <summary>Null: on a standby, where the others would not see it.</summary>
    private const string TryLock = "select case when not pg_is_in_recovery() then pg_try_advisory_lock($1, $2) end";

    /// <summary>Ends the connection with which this very process held the lock before; nobody else has its number.</summary>
    private const string EndEarlier = """
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and granted and objsubid = 2 and database = (select oid from pg_database where datname = current_database())
            and classid::bigint = $1 and objid::bigint = $2 and pid <> pg_backend_pid()
        """;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    private readonly Connections _connections;
    private readonly Node _node;
    private readonly TimeSpan _lease;
    private readonly Trouble _trouble;
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private long _seenAt;
    private long _time;

    public Presence(Connections connections, Node node, TimeSpan lease, Trouble trouble) => (_connections, _node, _lease, _trouble) = (connections, node, lease, trouble);

    /// <summary>Number of the time for which the others have seen it without a break; 0: they may not see it now.</summary>
    public long SeenSince
    {
        get
        {
            // In this order: with a break in between, the number is that of the time before.
            var time = Volatile.Read(ref _time);
            return Volatile.Read(ref _seenAt) is not 0 and var at && Stopwatch.GetElapsedTime(at) < _lease * 0.9 ? time : 0;
        }
    }

    /// <summary>Takes the lock, then keeps it until disposed of.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var connection = await TakeAsync(cancellationToken);
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
        while (true)
        {
            try
            {
                await using (connection)
                {
                    await KeepAsync(connection, stop);
                }
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                Lost(e);
            }
            finally
            {
                Volatile.Write(ref _seenAt, 0);
            }

            connection = await TakeAgainAsync(stop);
        }
    }

    private async Task<NpgsqlConnection> TakeAgainAsync(CancellationToken stop)
    {
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            await Task.Delay(delay, stop);
            try
            {
                return await TakeAsync(stop);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                Lost(e);
            }
        }
    }

    private async Task<NpgsqlConnection> TakeAsync(CancellationToken cancellationToken)
    {
        var connection = await _connections.OpenLeasedAsync(cancellationToken);
        try
        {
            while (true)
            {
                var sent = Stopwatch.GetTimestamp();
                var got = await AskAsync(connection, TryLock, cancellationToken);
                if (got is DBNull)
                {
                    throw new StorageUnavailableException(StorageFault.Unreachable, "The server is a standby and takes no writes.");
                }

                if (got is true)
                {
                    Interlocked.Increment(ref _time);
                    Volatile.Write(ref _seenAt, sent);
                    _trouble.Works(Trouble.Part.Presence);
                    return connection;
                }

                await AskAsync(connection, EndEarlier, cancellationToken);
                await Task.Delay(FirstDelay, cancellationToken);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task KeepAsync(NpgsqlConnection connection, CancellationToken stop)
    {
        while (true)
        {
            // Hears at once when the server ends the connection.
            await connection.WaitAsync(_lease / 4, stop);
            var sent = Stopwatch.GetTimestamp();
            await AskAsync(connection, "select true where $1 > 0 and $2 > 0", stop);
            Volatile.Write(ref _seenAt, sent);
        }
    }

    private async Task<object?> AskAsync(NpgsqlConnection connection, string question, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_lease);
        await using var command = new NpgsqlCommand(question, connection);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Integer, Value = _node.Installation });
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Integer, Value = _node.Number });
        return await command.ExecuteScalarAsync(patience.Token);
    }

    private void Lost(Exception e) => _trouble.Failed(Trouble.Part.Presence, PostgresFaults.Of(e));
}
