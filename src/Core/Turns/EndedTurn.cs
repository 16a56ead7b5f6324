using Sluice.Core.Log;
using Sluice.Core.Sessions;

namespace Sluice.Core.Turns;

/// <summary>
/// A turn as its session remembers it: nothing of its run, one small object beside its events and its end. Hosts hold many thousands, and each is carried
/// through every generation of the collector.
/// </summary>
public sealed class EndedTurn : IKnownTurn
{
    private const long NotStarted = 0;

    private readonly SealedLog _log;
    private readonly long _acceptedTicks;
    private readonly long _startedTicks;

    /// <param name="turn">The turn, its log complete.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="slabs">Where its events are kept; null: nowhere, it is not remembered.</param>
    internal EndedTurn(Turn turn, TurnEnd end, LogSlabs? slabs)
    {
        (Id, Owner, End, Key) = (turn.Id, turn.Owner, end, turn.Key);
        _log = turn.Log.Seal();
        if (slabs is not null)
        {
            _log = slabs.Keep(_log);
        }

        _acceptedTicks = turn.AcceptedAt.UtcTicks;
        _startedTicks = turn.StartedAt?.UtcTicks ?? NotStarted;
    }

    public TurnId Id { get; }

    public Session Owner { get; }

    public SessionId Session => Owner.Key.Session;

    public TurnEnd End { get; }

    public long LastSequence => _log.Last;

    /// <summary>Bytes of its events.</summary>
    public int Bytes => _log.Bytes;

    /// <summary>The caller's key, kept as long as the turn.</summary>
    internal IdempotencyKey? Key { get; }

    IdempotencyKey? IKnownTurn.Key => Key;

    /// <summary>The session's next younger ended turn.</summary>
    internal EndedTurn? Younger { get; set; }

    /// <summary>Gives its events up, where they were kept.</summary>
    internal void Release(LogSlabs slabs) => slabs.Release(_log);

    public ITurnReader Open(long cursor, ReadInterest interest) => new TurnLog(_log, End).Open(Session, Id, cursor, interest);

    public TurnSnapshot Snapshot() => new()
    {
        Turn = Id,
        Session = Session,
        State = End.State,
        AcceptedAt = new DateTimeOffset(_acceptedTicks, TimeSpan.Zero),
        StartedAt = _startedTicks == NotStarted ? null : new DateTimeOffset(_startedTicks, TimeSpan.Zero),
        LastSequence = _log.Last,
        End = End,
    };
}
