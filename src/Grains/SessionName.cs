using Sluice.Core.Callers;
using Sluice.Core.Sessions;

namespace Sluice.Grains;

/// <summary>A session's key as the key of a grain or a stream: <c>tenant/session</c>. A session's id has no slash; a tenant's may.</summary>
internal static class SessionName
{
    public static string Of(SessionKey session) => $"{session.Tenant}/{session.Session}";

    public static SessionKey Parse(string name)
    {
        var slash = name.LastIndexOf('/');
        return new SessionKey(new TenantId(name[..slash]), SessionId.Parse(name[(slash + 1)..]));
    }
}
