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

        // As for callers: it is known here, and the request passes through without being waited for.
        var entering = limits.EnterAsync(addresses.SubscriberOf(context), context.RequestAborted);
#pragma warning disable VSTHRD103 // It is there.
        return entering.IsCompletedSuccessfully ? GoOnAsync(context, entering.Result) : WaitAsync(context, entering);
#pragma warning restore VSTHRD103
    }

    private async Task WaitAsync(HttpContext context, ValueTask<Shortage?> entering) => await GoOnAsync(context, await entering);

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
