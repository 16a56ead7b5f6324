using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>The headers by which a client finds its turn again.</summary>
internal static class TurnHeaders
{
    public const string SessionName = "X-Session-Id";
    public const string TurnName = "X-Turn-Id";

    /// <summary>Says that a repeat was answered with the turn that its key belongs to, which had ended (draft-ietf-httpapi-idempotency-key-header).</summary>
    public const string ReplayedName = "Idempotent-Replayed";

    /// <summary>The request was answered with the turn that its key belongs to, which had ended.</summary>
    public static bool IsReplay(in Admission admission) => admission is { Attached: true, Reader.End: not null };

    /// <param name="response">Its head has not been sent.</param>
    /// <param name="admission">What the request was answered with.</param>
    public static void SetReplayed(HttpResponse response, in Admission admission)
    {
        if (IsReplay(admission))
        {
            response.Headers[ReplayedName] = "true";
        }
    }

    /// <summary>Leads to the turn.</summary>
    public static void SetLocation(HttpResponse response, SessionId session, TurnId turn) => response.Headers.Location = $"/sessions/{session}/turns/{turn}";

    public static void Set(HttpResponse response, SessionId session, TurnId turn)
    {
        response.Headers[SessionName] = session.Value;
        response.Headers[TurnName] = turn.ToString();
    }
}
