using System.Collections.Concurrent;
using Sluice.Core.Log;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts.Replicas;

/// <summary>Answers what other nodes ask of sessions that this one holds. A letter for a session that is not here any more is left: its sender sees that by himself.</summary>
internal sealed class IncomingLetters : Pulsed, IAsyncDisposable
{
    /// <summary>How long a turn that was followed from another node counts as having a reader there.</summary>
    public static readonly TimeSpan FollowedFor = TimeSpan.FromSeconds(5);

    private const int AtOnce = 64;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly IPeers _peers;
    private readonly LocalSessions _local;
    private readonly SessionLoading _loading;
    private readonly Recurring _reading;
    private readonly ConcurrentDictionary<TurnId, Task> _underway = new();
    private long _nextLook;

    public IncomingLetters(IPeers peers, LocalSessions local, SessionLoading loading)
    {
        (_peers, _local, _loading) = (peers, local, loading);
        _reading = new Recurring(ReadAsync, local.Observer.Defect);
        local.Pulse.Add(this);
    }

    public void Came() => _reading.Ask();

    public async ValueTask DisposeAsync()
    {
        _local.Pulse.Remove(this);
        await _reading.DisposeAsync();
        await Task.WhenAll(_underway.Values);
    }

    protected internal override void OnPulse(long now)
    {
        if (now >= _nextLook)
        {
            _nextLook = _local.Pulse.After(Period);
            if (_local.LiveTurns > 0)
            {
                _reading.Ask();
            }
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var letter in await _peers.ReceiveAsync(AtOnce, cancellationToken))
            {
                // Each by itself: one waits for its turn to be stored, and must not hold up a cancellation.
                if (!_underway.ContainsKey(letter.Id))
                {
                    var handling = HandleAsync(letter);
                    _underway[letter.Id] = handling;
                    if (handling.IsCompleted)
                    {
                        _underway.TryRemove(letter.Id, out _);
                    }
                }
            }
        }
        catch (StorageUnavailableException)
        {
            // They are kept; the next look is soon.
        }
    }

    private async Task HandleAsync(Letter letter)
    {
        await Task.Yield();
        try
        {
            var reply = letter.Kind switch
            {
                LetterKind.Turn => await TakeTurnAsync(letter),
                LetterKind.Cancel => await CancelAsync(letter),
                _ => await ForgetAsync(letter),
            };
            if (reply is not null)
            {
                await _peers.ReplyAsync(letter.Id, reply, CancellationToken.None);
            }
        }
        catch (StorageUnavailableException)
        {
            // The letter is still there.
        }
#pragma warning disable CA1031 // Nobody else would hear of it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _local.Observer.Defect(e);
        }
        finally
        {
            _underway.TryRemove(letter.Id, out _);
        }
    }

    private async ValueTask<Reply?> TakeTurnAsync(Letter letter)
    {
        if (letter.Request is not { } request)
        {
            return new Reply();
        }

        if (_local.Find(letter.Session) is not { } session)
        {
            return null;
        }

        var (result, admission) = await TurnAdmission.AdmitAsync(session, request, ReadInterest.TheEnd, letter.Id, cameByLetter: true, CancellationToken.None);
        if (result != AdmissionResult.Decided)
        {
            return result == AdmissionResult.KeyTaken ? new Reply() : null;
        }

        if (admission.Reader is not { } reader)
        {
            return new Reply(admission.Refusal);
        }

        // Its readers are elsewhere, and will say so.
        _local.FindLive(reader.Turn)?.NoteFollowed(FollowedFor);
        await reader.DisposeAsync();
        return admission.Attached ? new Reply(Attached: reader.Turn) : null;
    }

    private async ValueTask<Reply?> CancelAsync(Letter letter)
    {
        if (letter.Turn is { } turn && _local.Find(letter.Session.Tenant, turn) is Turn live)
        {
            live.Owner.Cancel(live, CancelReason.Requested);
            await live.Cancelled;
        }

        return new Reply();
    }

    private async ValueTask<Reply?> ForgetAsync(Letter letter)
    {
        await _loading.ForgetAsync(letter.Session, CancellationToken.None);
        return new Reply();
    }
}
