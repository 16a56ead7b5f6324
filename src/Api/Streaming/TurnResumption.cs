using Sluice.Core.Callers;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Streaming;

/// <summary>Finds where a client goes on behind its cursor. Never starts a turn.</summary>
internal sealed class TurnResumption(ISessionHost host)
{
    /// <param name="tenant">Whose turn it has to be.</param>
    /// <param name="cursor">The last event the client has.</param>
    /// <param name="saysEndAgain">For one who waits for an answer: behind the last event, that is said again.</param>
    /// <param name="cancellationToken">The client has left.</param>
    /// <returns>Null: nothing of the tenant's is known by this cursor.</returns>
    public async ValueTask<ResumedTurn?> OpenAsync(TenantId tenant, Cursor cursor, bool saysEndAgain, CancellationToken cancellationToken)
    {
        var resumed = await OpenAsync(tenant, cursor, cancellationToken);
        if (resumed is not { IsAtEnd: true } || !saysEndAgain || cursor.Sequence == 0)
        {
            return resumed;
        }

        await resumed.DisposeAsync();
        return await OpenAsync(tenant, cursor with { Sequence = cursor.Sequence - 1 }, cancellationToken);
    }

    private async ValueTask<ResumedTurn?> OpenAsync(TenantId tenant, Cursor cursor, CancellationToken cancellationToken)
    {
        if (await host.FollowAsync(tenant, cursor, ReadInterest.EveryEvent, cancellationToken) is not { } reader)
        {
            return null;
        }

        // Asked of the reader and not of the turn's state: a turn can have ended a moment before its last event is there to be read.
        var waiting = reader.WaitAsync(CancellationToken.None);
        if (!waiting.IsCompleted)
        {
            reader.Wake();
        }

        return new ResumedTurn(reader, cursor.Sequence, IsAtEnd: await waiting == ReadSignal.Ended);
    }
}

/// <summary>A turn that a client goes on with.</summary>
/// <param name="Reader">Disposed of with it.</param>
/// <param name="After">The last sequence the client has, or is to be told again behind.</param>
/// <param name="IsAtEnd">There is nothing more to tell.</param>
internal sealed record ResumedTurn(ITurnReader Reader, long After, bool IsAtEnd) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Reader.DisposeAsync();
}
