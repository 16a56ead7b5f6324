using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Core.Hosts;

/// <summary>What became of a request that a stored session was asked to take.</summary>
internal enum AdmissionResult : byte
{
    /// <summary>It is decided: a reader, or a refusal.</summary>
    Decided,

    /// <summary>The session is not here any more: look again where it is.</summary>
    SessionGone,

    /// <summary>An earlier turn has the key, and was not in memory: look again for it.</summary>
    KeyTaken,

    /// <summary>The one who sent it in a letter has taken it back.</summary>
    Withdrawn,
}

/// <summary>Hands requests to sessions that are stored: nothing is told of a turn before it is kept.</summary>
internal static class TurnAdmission
{
    /// <param name="session">In memory.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="interest">What its reader is woken for.</param>
    /// <param name="id">The number of the turn to be; null: a new one.</param>
    /// <param name="cameByLetter">In a letter of that number.</param>
    /// <param name="cancellationToken">Gives up while nothing has been kept.</param>
    /// <exception cref="StorageUnavailableException">The turn could not be kept, and is taken back.</exception>
    public static async ValueTask<(AdmissionResult Result, Admission Admission)> AdmitAsync(
        Session session, TurnRequest request, ReadInterest interest, TurnId? id, bool cameByLetter, CancellationToken cancellationToken)
    {
        if (await session.AdmitAsync(request, interest, id, cameByLetter, cancellationToken) is not { } admission)
        {
            return (AdmissionResult.SessionGone, default);
        }

        if (admission.Pending is not { Journal: { } pending } turn)
        {
            return (AdmissionResult.Decided, admission);
        }

        var acceptance = default(Acceptance?);
        try
        {
            // Waited for whatever becomes of the caller: a turn that nobody takes back would stand in its session's way.
            acceptance = await pending.Accepted;
        }
        finally
        {
            if (acceptance != Acceptance.Accepted)
            {
                await admission.Reader!.DisposeAsync();
                if (!admission.Attached)
                {
                    session.Withdraw(turn);
                }
            }
        }

        switch (acceptance)
        {
            case Acceptance.Accepted:
                return (AdmissionResult.Decided, admission);
            case Acceptance.KeyTaken:
                return (AdmissionResult.KeyTaken, default);
            case Acceptance.Withdrawn:
                return (AdmissionResult.Withdrawn, default);
            default:
                session.Lose();
                return (AdmissionResult.SessionGone, default);
        }
    }
}
