using System.Net;

namespace Sluice.Api.Identity;

/// <summary>Whether it is somebody on this machine who asks: a connection from here that no proxy has forwarded. A proxy on the same machine brings strangers, and says so.</summary>
internal static class ThisMachine
{
    public static bool IsAsking(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote.IsIPv4MappedToIPv6 ? remote.MapToIPv4() : remote)
        && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");
}
