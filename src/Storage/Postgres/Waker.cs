using System.Threading.Channels;
using Npgsql;
using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>
/// Wakes other processes, each by itself and only when something is there for it. In transactions of their own, which write nothing: a transaction with a wake-up
/// holds a lock of the whole server until it is committed, and no turn's commit to disk is to be waited for by all. What is lost here is found by looking.
/// </summary>
internal sealed class Waker : IAsyncDisposable
{
    /// <summary>Wake-ups that wait. At the bound the oldest is lost.</summary>
    private const int Waiting = 10_000;

    private const int AtOnce = 256;

    /// <summary>Bytes of a turn's id and the blank before it are 33; PostgreSQL sends up to 8000.</summary>
    private const int TurnsInOne = 200;

    private readonly Connections _connections;
    private readonly Node _node;
    private readonly Channel<(int Node, string What)> _waiting =
        Channel.CreateBounded<(int Node, string What)>(new BoundedChannelOptions(Waiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Task _run;
    private NpgsqlConnection? _connection;

    public Waker(Connections connections, Node node)
    {
        (_connections, _node) = (connections, node);
        _run = RunAsync();
    }

    public void LetterCame(int holder) => Wake(holder, WakeUp.Letter);

    public void ReplyCame(int sender, TurnId letter) => Wake(sender, WakeUp.Of(WakeUp.Reply, letter));

    public void TurnMoved(int follower, TurnId turn) => Wake(follower, WakeUp.Of(WakeUp.Moved, turn));

    public void TurnsFollowed(int holder, IEnumerable<TurnId> turns)
    {
        foreach (var some in turns.Chunk(TurnsInOne))
        {
            Wake(holder, WakeUp.Followed(_node.Number, some));
        }
    }

    /// <summary>Not a wake-up: nobody finds it by looking, and nobody needs it.</summary>
    public void CircuitChanged(CircuitReport report) => Wake(Node.Everyone, WakeUp.Reported(_node.Number, report));

    /// <summary>Sends what waits, if that can be done at once.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _run;
    }

    private void Wake(int node, string what) => _waiting.Writer.TryWrite((node, what));

    private async Task RunAsync()
    {
        await Task.Yield();
        var some = new HashSet<(int Node, string What)>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (some.Count < AtOnce && _waiting.Reader.TryRead(out var one))
            {
                some.Add(one);
            }

            await SendAsync(some);
            some.Clear();
        }

        await CloseAsync();
    }

    private async ValueTask SendAsync(IReadOnlyCollection<(int Node, string What)> some)
    {
        try
        {
            _connection ??= await _connections.OpenAsync(CancellationToken.None);
            await using var batch = new NpgsqlBatch(_connection);
            foreach (var (node, what) in some)
            {
                batch.BatchCommands.Add(Sql.Statement("select pg_notify($1, $2)", Sql.Text(_node.Channel(node)), Sql.Text(what)));
            }

            await batch.ExecuteNonQueryAsync();
        }
#pragma warning disable CA1031 // Whoever was to be woken looks by himself; that the database is in trouble is told by those who read and write.
        catch (Exception)
#pragma warning restore CA1031
        {
            await CloseAsync();
        }
    }

    private async ValueTask CloseAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }
}
