using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>One change, made in a transaction with others.</summary>
internal abstract class Write
{
    public abstract void Apply(Statements statements);

    /// <summary>The transaction is on disk.</summary>
    public abstract void Acknowledge();

    public abstract void Fail(Exception why);
}

/// <inheritdoc/>
internal sealed class Write<T>(Func<Statements, T> apply) : Write
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;
    private StorageUnavailableException? _damaged;

    public Task<T> Done => _done.Task;

    public override void Apply(Statements statements)
    {
        try
        {
            _result = apply(statements);
        }
        catch (Exception e) when (DamagedData.IsSaidBy(e))
        {
            // Changes read before they write: nothing is changed, and the others in the transaction are not harmed.
            _damaged = DamagedData.Of(e);
        }
    }

    public override void Acknowledge()
    {
        if (_damaged is null)
        {
            _done.SetResult(_result);
        }
        else
        {
            _done.SetException(_damaged);
        }
    }

    public override void Fail(Exception why) => _done.SetException(why);
}
