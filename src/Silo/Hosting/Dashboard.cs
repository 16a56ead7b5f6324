using System.Net;
using Orleans.Dashboard;

namespace Sluice.Silo.Hosting;

/// <summary>The Orleans dashboard, for those who may see it: for all others there is nothing at its path.</summary>
internal static class Dashboard
{
    public static void MapDashboard(this WebApplication app, SiloOptions silo)
    {
        if (silo.Dashboard == DashboardAccess.Off)
        {
            return;
        }

        var dashboard = app.MapOrleansDashboard("/dashboard");
        if (silo.Dashboard == DashboardAccess.Loopback)
        {
            dashboard.AddEndpointFilter(async (context, next) => IsFromHere(context.HttpContext) ? await next(context) : Results.NotFound());
        }
    }

    // What a proxy on this machine passes on is not from this machine.
    private static bool IsFromHere(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");
}
