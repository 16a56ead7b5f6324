using System.Collections.Concurrent;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts.Replicas;

/// <summary>Asks the nodes that hold sessions, and waits for what they answer.</summary>
internal sealed class OutgoingLetters(IPeers peers, ISessionStore store, TimeProvider time)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    /// <summary>A node that is there and does not answer for so long has more to do than it can.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<TurnId, TaskCompletionSource> _waiting = new();

    /// <summary>Sends a letter. The state is <see cref="LetterState.Waiting"/> when nobody who is there holds the session, and the letter is gone.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be sent, or is not answered.</exception>
    public async ValueTask<(LetterState State, Reply? Reply)> AskAsync(Letter letter, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        try
        {
            // Before it is sent: the answer may be there before the sending is known to have been done.
            var woken = WokenAsync(letter.Id);
            if (!await peers.SendAsync(letter, cancellationToken))
            {
                return (LetterState.Waiting, null);
            }

            for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
            {
                await WaitAsync(woken, wait, cancellationToken);
                woken = WokenAsync(letter.Id);
                var answer = await peers.TakeReplyAsync(letter.Id, cancellationToken);
                if (answer.State != LetterState.Waiting)
                {
                    return answer;
                }

                var isLate = time.GetElapsedTime(begun) >= Patience;
                if ((isLate || !await IsHeldElsewhereAsync(letter, cancellationToken)) && await peers.WithdrawAsync(letter.Id, cancellationToken))
                {
                    return isLate ? throw new StorageUnavailableException(StorageFault.Busy, "The node that holds the session does not answer.") : answer;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await TryWithdrawAsync(letter.Id);
            throw;
        }
        finally
        {
            _waiting.TryRemove(letter.Id, out _);
        }
    }

    public void ReplyCame(TurnId letter)
    {
        if (_waiting.TryGetValue(letter, out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    public void MayHaveMissed()
    {
        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetResult();
        }
    }

    private Task WokenAsync(TurnId letter) =>
        (_waiting[letter] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private async Task WaitAsync(Task woken, TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            await woken.WaitAsync(wait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Wake-ups may be lost: then it is found by looking.
        }
    }

    private async ValueTask<bool> IsHeldElsewhereAsync(Letter letter, CancellationToken cancellationToken) =>
        await store.FindSessionAsync(letter.Session, turns: 0, cancellationToken) is { Holder: SessionHolder.Another };

    // Nobody waits for the answer any more. When it was too late, the turn has no reader and ends by that.
    private async ValueTask TryWithdrawAsync(TurnId letter)
    {
        try
        {
            await peers.WithdrawAsync(letter, CancellationToken.None);
        }
        catch (StorageUnavailableException)
        {
            // Old letters are swept.
        }
    }
}
