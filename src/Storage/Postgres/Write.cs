using Npgsql;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>One change, made in a transaction with others. May be made again when its answer was lost.</summary>
internal abstract class Write(SessionKey session)
{
    public SessionKey Session => session;

    /// <summary>Its first statement locks the session before anything else; else it locks a turn alone.</summary>
    public bool LocksSession { get; init; } = true;

    /// <summary>Bytes of what is to be kept, about.</summary>
    public int Size { get; init; }

    /// <summary>Each with a result.</summary>
    public abstract IReadOnlyList<NpgsqlBatchCommand> Statements();

    /// <summary>Takes the result of a statement.</summary>
    public abstract ValueTask TakeAsync(int statement, NpgsqlDataReader result);

    /// <summary>The transaction is on disk.</summary>
    public abstract void Acknowledge();

    public abstract void Fail(Exception why);
}

/// <inheritdoc/>
internal abstract class Write<T>(SessionKey session) : Write(session)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StorageUnavailableException? _damaged;

    public Task<T> Done => _done.Task;

    /// <summary>Called when it is on disk, before anyone is told.</summary>
    public Action<T>? Then { get; init; }

    public sealed override async ValueTask TakeAsync(int statement, NpgsqlDataReader result)
    {
        try
        {
            await ReadAsync(statement, result);
        }
        catch (Exception e) when (DamagedData.IsSaidBy(e))
        {
            _damaged = DamagedData.Of(e);
        }
    }

    public sealed override void Acknowledge()
    {
        if (_damaged is not null)
        {
            _done.SetException(_damaged);
            return;
        }

        var result = Result();
        Then?.Invoke(result);
        _done.SetResult(result);
    }

    public sealed override void Fail(Exception why) => _done.SetException(why);

    protected abstract ValueTask ReadAsync(int statement, NpgsqlDataReader result);

    /// <summary>What was read.</summary>
    protected abstract T Result();
}

/// <summary>A change of one statement, with one row or none as its result.</summary>
internal sealed class Write<T, TRow>(SessionKey session, Func<NpgsqlBatchCommand> statement, Func<NpgsqlDataReader, TRow> read, Func<TRow?, T> result)
    : Write<T>(session)
{
    private TRow? _row;

    public override IReadOnlyList<NpgsqlBatchCommand> Statements() => [statement()];

    protected override async ValueTask ReadAsync(int statement, NpgsqlDataReader result) => _row = await result.ReadAsync() ? read(result) : default;

    protected override T Result() => result(_row);
}
