using Sluice.Core.Callers;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>What a host in this process does with a store: writes its turns down as they go, and finds those that are in memory no more.</summary>
/// <param name="store">Where.</param>
/// <param name="time">The host's clock.</param>
/// <param name="patience">How long an end that cannot be kept is tried again before its readers are told that.</param>
public sealed class SessionJournal(ISessionStore store, TimeProvider time, TimeSpan patience)
{
    private const int TurnsAtATime = 256;

    public ISessionStore Store => store;

    internal TimeProvider Time => time;

    internal TimeSpan Patience => patience;

    /// <summary>
    /// Ends what a process before this one left without an end. Before this one takes its first turn, and when no other runs on the same store. Returns how many turns.
    /// </summary>
    public async Task<int> EndInterruptedAsync(CancellationToken cancellationToken)
    {
        var ended = 0;
        while (await store.FindUnfinishedAsync(TurnsAtATime, cancellationToken) is { Count: > 0 } turns)
        {
            foreach (var turn in turns)
            {
                await store.EndAsync(Nothing(turn), InterruptedTurn.EndOf(turn, time.GetUtcNow()), cancellationToken);
            }

            ended += turns.Count;
        }

        return ended;
    }

    /// <summary>The turn if it is kept and has an end; one that has none is given one, for it is not in this process.</summary>
    /// <param name="turn">As it was found in the store, and then not in memory.</param>
    /// <param name="cancellationToken">The caller's.</param>
    internal async ValueTask<StoredTurn?> SettleAsync(StoredTurn? turn, CancellationToken cancellationToken)
    {
        if (turn is null or { End: not null })
        {
            return turn;
        }

        await store.EndAsync(Nothing(turn), InterruptedTurn.EndOf(turn, time.GetUtcNow()), cancellationToken);
        return await store.FindTurnAsync(turn.Session.Tenant, turn.Turn, cancellationToken);
    }

    internal async ValueTask<StoredTurn?> FindAsync(TenantId tenant, TurnId turn, CancellationToken cancellationToken) =>
        await SettleAsync(await store.FindTurnAsync(tenant, turn, cancellationToken), cancellationToken);

    /// <summary>Opens a reader on a turn that is kept.</summary>
    internal async ValueTask<ITurnReader> OpenAsync(StoredTurn turn, long cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        var batches = await store.ReadEventsAsync(turn.Turn, cursor, cancellationToken);
        return StoredLog.Of(turn, cursor, batches).Open(turn.Session.Session, turn.Turn, cursor, interest);
    }

    private TurnProgress Nothing(StoredTurn turn) => new() { Turn = turn.Turn, At = time.GetUtcNow() };
}
