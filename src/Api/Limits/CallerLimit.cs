using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Limits;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Limits;

/// <summary>Counts requests by who asks, and tells on every answer how the caller stands. Comes where it is known who that is.</summary>
internal sealed class CallerLimit(RequestDelegate next, CallerLimits limits, ICallers callers)
{
    private readonly string _policies = LimitFields.PolicyOf(limits.Quotas);

    public async Task InvokeAsync(HttpContext context)
    {
        if (Route.IsOpenTo(context) || _policies.Length == 0)
        {
            await next(context);
            return;
        }

        var caller = callers.CallerOf(context);
        var shortage = await limits.EnterAsync(caller, context.RequestAborted);
        LimitFields.Set(context.Response, _policies, limits.StandingsOf(caller));
        await (shortage is null ? next(context) : ProblemWriter.WriteAsync(context, ProblemTable.Of(shortage)));
    }
}
