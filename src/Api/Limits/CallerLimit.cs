using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Callers;
using Sluice.Core.Limits;

namespace Sluice.Api.Limits;

/// <summary>Counts requests by who asks, and tells on every answer how the caller stands. Comes where it is known who that is.</summary>
internal sealed class CallerLimit(RequestDelegate next, CallerLimits limits, ICallers callers, IProblemWriter problems)
{
    private readonly string _policies = LimitFields.PolicyOf(limits.Quotas);

    public Task InvokeAsync(HttpContext context)
    {
        if (Access.IsOpenTo(context) || _policies.Length == 0)
        {
            return next(context);
        }

        var caller = callers.CallerOf(context);
        return limits.EnterAsync(caller, context.RequestAborted)
            .ThenAsync((Limit: this, context, caller), static (asked, shortage) => asked.Limit.GoOnAsync(asked.context, asked.caller, shortage));
    }

    private Task GoOnAsync(HttpContext context, Caller caller, Shortage? shortage)
    {
        LimitFields.Set(context.Response, _policies, limits.StandingsOf(caller));
        return shortage is null ? next(context) : problems.WriteAsync(context, ProblemTable.Of(shortage));
    }
}
