using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Limits;

namespace Sluice.Api.Limits;

/// <summary>Counts requests by where they come from, before anyone asks who it is: guessing keys is counted as well. What says how the gateway is doing is free.</summary>
internal sealed class AddressLimit(RequestDelegate next, CallerLimits limits, ClientAddresses addresses, IProblemWriter problems)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (Access.IsOpenTo(context))
        {
            return next(context);
        }

        return limits.EnterAsync(addresses.SubscriberOf(context), context.RequestAborted)
            .ThenAsync((Limit: this, context), static (asked, shortage) => asked.Limit.GoOnAsync(asked.context, shortage));
    }

    private Task GoOnAsync(HttpContext context, Shortage? shortage)
    {
        if (shortage is null)
        {
            return next(context);
        }

        LimitFields.Set(context.Response, shortage);
        return problems.WriteAsync(context, ProblemTable.Of(shortage));
    }
}
