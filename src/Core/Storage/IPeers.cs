using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Storage;

/// <summary>What a letter asks of the process that holds a session.</summary>
public enum LetterKind : byte
{
    /// <summary>To take a request, as a turn with the letter's own number.</summary>
    Turn,

    /// <summary>To cancel a turn.</summary>
    Cancel,

    /// <summary>To forget the session.</summary>
    Forget,
}

/// <summary>What one process asks of the one that holds a session, through the store they share.</summary>
public sealed record Letter
{
    /// <summary>Its number; of a <see cref="LetterKind.Turn"/> also that of the turn to be.</summary>
    public required TurnId Id { get; init; }

    public required SessionKey Session { get; init; }

    public required LetterKind Kind { get; init; }

    /// <summary>For <see cref="LetterKind.Turn"/>.</summary>
    public TurnRequest? Request { get; init; }

    /// <summary>For <see cref="LetterKind.Cancel"/>.</summary>
    public TurnId? Turn { get; init; }
}

/// <summary>The answer to a letter.</summary>
/// <param name="Refusal">Of a request that was refused.</param>
/// <param name="Attached">The earlier turn that has the request's key.</param>
public sealed record Reply(Refusal Refusal = Refusal.None, TurnId? Attached = null);

/// <summary>What becomes of a letter.</summary>
public enum LetterState : byte
{
    /// <summary>Nobody has answered it yet.</summary>
    Waiting,

    /// <summary>It was answered, and is gone now.</summary>
    Answered,

    /// <summary>It is gone: a <see cref="LetterKind.Turn"/> was accepted.</summary>
    Gone,
}

/// <summary>
/// What processes say to one another through the store they share; no process ever connects to another. Letters are kept, and asked for also when nobody
/// was woken; wake-ups come as soon as can be and may be lost, so that whoever waits also looks by himself now and then.
/// </summary>
/// <remarks>Every method throws <see cref="StorageUnavailableException"/> when the store cannot do it.</remarks>
public interface IPeers
{
    /// <summary>Whom to wake; set once, before anything is sent.</summary>
    IPeerEvents? Events { get; set; }

    /// <summary>Keeps a letter and wakes the one who holds its session. False: nobody who is there holds it; nothing was kept.</summary>
    ValueTask<bool> SendAsync(Letter letter, CancellationToken cancellationToken);

    /// <summary>The letters for sessions that this process holds and that are not answered, the oldest first.</summary>
    ValueTask<IReadOnlyList<Letter>> ReceiveAsync(int letters, CancellationToken cancellationToken);

    /// <summary>Answers a letter and wakes the one who sent it.</summary>
    ValueTask ReplyAsync(TurnId letter, Reply reply, CancellationToken cancellationToken);

    /// <summary>The answer, if there is one; the letter is gone then.</summary>
    ValueTask<(LetterState State, Reply? Reply)> TakeReplyAsync(TurnId letter, CancellationToken cancellationToken);

    /// <summary>Takes a letter back. False: too late, it was answered or accepted.</summary>
    ValueTask<bool> WithdrawAsync(TurnId letter, CancellationToken cancellationToken);

    /// <summary>
    /// How far turns have come that others hold, in one look; also tells their holders that somebody here follows them, who then wake this process for each batch until
    /// some seconds after the last such look. A turn that is not known is left out.
    /// </summary>
    ValueTask<IReadOnlyList<FollowedTurn>> FollowAsync(IReadOnlyCollection<TurnId> turns, CancellationToken cancellationToken);
}

/// <summary>How far a turn has come that another process holds.</summary>
/// <param name="Turn">Which.</param>
/// <param name="LastSequence">Sequence of the newest event that is kept.</param>
/// <param name="HasEnded">The newest is its last.</param>
/// <param name="Holder">Who holds it now.</param>
public readonly record struct FollowedTurn(TurnId Turn, long LastSequence, bool HasEnded, SessionHolder Holder);

/// <summary>Woken by what another process did. Called on the thread that listens: must be quick and must not throw.</summary>
public interface IPeerEvents
{
    /// <summary>There are letters for this process.</summary>
    void LetterCame();

    /// <summary>A letter of this process was answered or accepted.</summary>
    void ReplyCame(TurnId letter);

    /// <summary>A turn that this process follows has more events, or its end, or has changed hands.</summary>
    void TurnMoved(TurnId turn);

    /// <summary>Somebody elsewhere follows a turn that this process holds: it has a reader for as long as this is said again within some seconds.</summary>
    void TurnFollowed(TurnId turn);

    /// <summary>Something may have been missed: whoever waits for anything looks now.</summary>
    void MayHaveMissed();
}
