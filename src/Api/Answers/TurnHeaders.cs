using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>The headers by which a client finds its turn again.</summary>
internal static class TurnHeaders
{
    public const string SessionName = "X-Session-Id";
    public const string TurnName = "X-Turn-Id";

    public static void Set(HttpResponse response, SessionId session, TurnId turn)
    {
        response.Headers[SessionName] = session.Value;
        response.Headers[TurnName] = turn.ToString();
    }
}
