using Orleans.Dashboard;
using Sluice.Api.Endpoints;
using Sluice.Api.Identity;
using Sluice.Api.Problems;

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
            dashboard.AddEndpointFilter(async (context, next) => ThisMachine.IsAsking(context.HttpContext) ? await next(context) : await RefuseAsync(context.HttpContext));
        }
    }

    private static async ValueTask<object?> RefuseAsync(HttpContext context)
    {
        await ProblemWriter.WriteAsync(context, HttpSurface.Nothing);
        return Results.Empty;
    }
}
