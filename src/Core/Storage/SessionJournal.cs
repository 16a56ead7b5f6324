using Sluice.Core.Log;

namespace Sluice.Core.Storage;

/// <summary>What a host in this process does with a store: writes its turns down as they go, and reads those that are in memory no more.</summary>
/// <param name="store">Where.</param>
/// <param name="time">The host's clock.</param>
/// <param name="patience">How long an end that cannot be kept is tried again before its readers are told that.</param>
public sealed class SessionJournal(ISessionStore store, TimeProvider time, TimeSpan patience)
{
    public ISessionStore Store => store;

    internal TimeProvider Time => time;

    internal TimeSpan Patience => patience;

    /// <summary>Opens a reader on a turn that is kept and has ended.</summary>
    internal async ValueTask<ITurnReader> OpenAsync(StoredTurn turn, long cursor, ReadInterest interest, CancellationToken cancellationToken)
    {
        var batches = await store.ReadEventsAsync(turn.Turn, cursor, cancellationToken);
        return StoredLog.Of(turn, batches).Open(turn.Session.Session, turn.Turn, cursor, interest);
    }
}
