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

    public Task<T> Done => _done.Task;

    public override void Apply(Statements statements) => _result = apply(statements);

    public override void Acknowledge() => _done.SetResult(_result);

    public override void Fail(Exception why) => _done.SetException(why);
}
