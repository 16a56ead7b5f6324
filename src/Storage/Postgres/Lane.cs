using System.Threading.Channels;
using Npgsql;
using Sluice.Core.Sessions;

namespace Sluice.Storage.Postgres;

/// <summary>
/// Writes of some sessions, in order, on one connection. What came while one transaction was committed goes into the next together, in one round trip.
/// </summary>
internal sealed class Lane : IAsyncDisposable
{
    private const int LargestGroup = 128;
    private const int LargestSize = 1 << 20;
    private const int MostConflicts = 5;

    private const string LockSession = "select 1 from sessions where tenant = $1 and session = $2 for no key update";

    private static readonly Comparer<SessionKey> Order = Comparer<SessionKey>.Create(static (one, other) =>
        string.CompareOrdinal(one.Tenant.Value, other.Tenant.Value) is not 0 and var order ? order : string.CompareOrdinal(one.Session.Value, other.Session.Value));

    private readonly Connections _connections;
    private readonly Trouble _trouble;
    private readonly Channel<Write> _waiting;
    private readonly Task _run;
    private NpgsqlConnection? _connection;

    public Lane(Connections connections, int waiting, Trouble trouble)
    {
        (_connections, _trouble) = (connections, trouble);
        _waiting = Channel.CreateBounded<Write>(new BoundedChannelOptions(waiting) { SingleReader = true });
        _run = RunAsync();
    }

    /// <summary>False: as much waits as may, or the store is closed.</summary>
    public bool TryTake(Write write) => _waiting.Writer.TryWrite(write);

    /// <summary>Makes the writes that wait, and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.Complete();
        await _run;
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        var group = new List<Write>(LargestGroup);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            for (var size = 0; group.Count < LargestGroup && size < LargestSize && _waiting.Reader.TryRead(out var next);)
            {
                group.Add(next);
                size += next.Size;
            }

            await CommitAsync(group);
            group.Clear();
        }

        await CloseAsync();
    }

    private async ValueTask CommitAsync(List<Write> group)
    {
        if (await TryCommitAsync(group) is not { } failure)
        {
            return;
        }

        // One that is refused must not take the others with it; a server that cannot be used at all fails them all alike.
        if (!PostgresFaults.IsOfOne(failure))
        {
            group.ForEach(write => write.Fail(PostgresFaults.Of(failure)));
            return;
        }

        foreach (var write in group)
        {
            if (group.Count > 1 || PostgresFaults.IsConflict(failure))
            {
                await CommitAloneAsync(write);
            }
            else
            {
                write.Fail(PostgresFaults.Of(failure));
            }
        }
    }

    private async ValueTask CommitAloneAsync(Write write)
    {
        for (var conflicts = 0; await TryCommitAsync([write]) is { } failure; conflicts++)
        {
            if (!PostgresFaults.IsConflict(failure) || conflicts == MostConflicts)
            {
                write.Fail(PostgresFaults.Of(failure));
                return;
            }
        }
    }

    private async ValueTask<Exception?> TryCommitAsync(List<Write> group)
    {
        try
        {
            await ExecuteAsync(await OpenAsync(), InOrder(group));
        }
#pragma warning disable CA1031 // Whatever it is, those who wait for these writes are told it; the lane goes on for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // The connection may be in any state, also after a mere refusal (what was being prepared is not known to both sides then): the next write gets a new one.
            await CloseAsync();
            if (!PostgresFaults.IsConflict(e))
            {
                _trouble.Failed(Trouble.Part.Writes, PostgresFaults.Of(e));
            }

            return e;
        }

        // Before those who wait hear of it: who has been told that a write is kept may rely on the trouble being over.
        _trouble.Works(Trouble.Part.Writes);
        group.ForEach(write => write.Acknowledge());
        return null;
    }

    /// <summary>Sessions are locked in one order by all, so that no two transactions wait for each other. Within a session the writes keep theirs.</summary>
    private static List<Write> InOrder(List<Write> group) => group.Count == 1 ? group : [.. group.OrderBy(write => write.Session, Order)];

    private async ValueTask<NpgsqlConnection> OpenAsync() => _connection ??= await _connections.OpenAsync(CancellationToken.None);

    private async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    // Without an explicit transaction a batch is one: it is committed when all of it has been done (protocol-flow, "pipelining").
    private static async ValueTask ExecuteAsync(NpgsqlConnection connection, List<Write> group)
    {
        await using var batch = new NpgsqlBatch(connection);
        var results = new List<(Write Write, int Statement)>(group.Count);
        for (var at = 0; at < group.Count; at++)
        {
            var write = group[at];

            // One that locks only a turn, before others of the same session that lock both.
            var isFirst = at == 0 || group[at - 1].Session != write.Session;
            var isLast = at == group.Count - 1 || group[at + 1].Session != write.Session;
            if (!write.LocksSession && isFirst && !isLast)
            {
                batch.BatchCommands.Add(Sql.Statement(LockSession, Sql.Text(write.Session.Tenant.Value), Sql.Text(write.Session.Session.Value)));
                results.Add((write, -1));
            }

            var statements = write.Statements();
            for (var statement = 0; statement < statements.Count; statement++)
            {
                batch.BatchCommands.Add(statements[statement]);
                results.Add((write, statement));
            }
        }

        // Read to the very end, where a commit that fails is said.
        await using var reader = await batch.ExecuteReaderAsync();
        foreach (var (write, statement) in results)
        {
            if (statement >= 0)
            {
                await write.TakeAsync(statement, reader);
            }

            await reader.NextResultAsync();
        }
    }
}
