using System.Net;
using Sluice.Api.Problems;

namespace Sluice.Api.Identity;

/// <summary>
/// Where callers are not told apart and have to be on this machine, requests have to be for this machine by name as well. A web page in a browser here could else make its own
/// name lead here, and ask as if it were one of us (DNS rebinding).
/// </summary>
internal sealed class LocalOnly(RequestDelegate next, IProblemWriter problems)
{
    private static readonly Problem Elsewhere = new(
        421, "not_this_machine", "This gateway tells no callers apart and answers only to localhost. Sluice:Auth:Mode opens it to others.");

    public Task InvokeAsync(HttpContext context) => IsHere(context.Request.Host.Host) ? next(context) : problems.WriteAsync(context, Elsewhere);

    // Without a name at all it is no browser.
    private static bool IsHere(string host) =>
        host.Length == 0
        || string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
