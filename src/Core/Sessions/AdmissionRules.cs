using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>What the request's idempotency key finds in its session.</summary>
internal enum KeyMatch : byte
{
    None,
    SameRequest,
    OtherRequest,
}

/// <summary>All of a session that its decision depends on.</summary>
internal readonly record struct SessionView(bool Running, int Queued, string? UserId, KeyMatch Key, bool Stopping, Refusal Limited = Refusal.None);

/// <summary>What a session does with a request.</summary>
internal enum AdmissionDecision : byte
{
    Refuse,

    /// <summary>Run it now.</summary>
    Start,

    /// <summary>Read the turn that has this key.</summary>
    Attach,

    /// <summary>Run it after those that wait.</summary>
    Queue,

    /// <summary>Cancel the running turn and run it next.</summary>
    Interrupt,
}

/// <summary>Decides: a function of state and request, with no effect.</summary>
internal static class AdmissionRules
{
    public static AdmissionDecision Decide(in SessionView session, TurnRequest request, SessionLimits limits, out Refusal refusal)
    {
        refusal = Refusal.None;

        // A key that is known is answered even by a host that is stopping: it starts nothing.
        switch (session.Key)
        {
            case KeyMatch.SameRequest:
                return AdmissionDecision.Attach;
            case KeyMatch.OtherRequest:
                return Refuse(Refusal.KeyReused, out refusal);
        }

        if (session.Stopping)
        {
            return Refuse(Refusal.Stopping, out refusal);
        }

        // The engine's session belongs to one user; another one would be told it does not exist.
        if (request.UserId is not null && session.UserId is not null && !string.Equals(request.UserId, session.UserId, StringComparison.Ordinal))
        {
            return Refuse(Refusal.OtherUser, out refusal);
        }

        if (session.Running && request.OnBusy == BusyPolicy.Reject)
        {
            return Refuse(Refusal.Busy, out refusal);
        }

        if (session.Running && session.Queued >= limits.QueuedTurns)
        {
            return Refuse(Refusal.QueueFull, out refusal);
        }

        // The caller's limits last: they may be over sooner than what is said above, and are of no matter to one that attaches.
        if (session.Limited != Refusal.None)
        {
            return Refuse(session.Limited, out refusal);
        }

        if (!session.Running)
        {
            return AdmissionDecision.Start;
        }

        return request.OnBusy == BusyPolicy.Interrupt ? AdmissionDecision.Interrupt : AdmissionDecision.Queue;
    }

    private static AdmissionDecision Refuse(Refusal why, out Refusal refusal)
    {
        refusal = why;
        return AdmissionDecision.Refuse;
    }
}
