using Sluice.Api.Problems;
using Sluice.Core.Limits;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Limits;

/// <summary>Counts requests by where they come from, before anyone asks who it is: guessing keys is counted as well. What says how the gateway is doing is free.</summary>
internal sealed class AddressLimit(RequestDelegate next, CallerLimits limits, ClientAddresses addresses)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!Route.IsOpenTo(context) && await limits.EnterAsync(addresses.SubscriberOf(context), context.RequestAborted) is { } shortage)
        {
            LimitFields.Set(context.Response, shortage);
            await ProblemWriter.WriteAsync(context, ProblemTable.Of(shortage));
            return;
        }

        await next(context);
    }
}
