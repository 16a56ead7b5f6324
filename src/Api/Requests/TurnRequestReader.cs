using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>Makes a turn's request of an HTTP request, or says what is wrong with it.</summary>
internal sealed class TurnRequestReader(HttpSurfaceOptions options, EngineFacts engines, ICallers callers)
{
    public async ValueTask<ReadRequest> ReadAsync(HttpContext context, Delivery delivery)
    {
        var http = context.Request;
        var wrongKey = IdempotencyKey.TryRead(http, out var key);
        if ((MediaTypes.Check(context) ?? wrongKey) is { } refused)
        {
            return new ReadRequest(refused);
        }

        var body = await BodyReader.ReadAsync(http, options.MaxBodyBytes, context.RequestAborted);
        if (body.Problem is { } unread)
        {
            return new ReadRequest(unread);
        }

        if (InvokeParser.Parse(body.Bytes, options, engines, context.Features.Get<BatchItem>(), out var parsed) is { } wrong)
        {
            return new ReadRequest(wrong);
        }

        return new ReadRequest(TurnRequests.Of(
            options,
            callers.CallerOf(context),
            parsed,
            parsed.IdempotencyKey ?? key,
            delivery,
            Preference.IsDetached(http),
            CacheDirectives.Read(http)));
    }

    /// <summary>The body of a request that starts nothing: read to its end, so that the connection can be used again, and dropped.</summary>
    public async ValueTask<Problem?> DropBodyAsync(HttpContext context)
    {
        var body = await BodyReader.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted);
        return body.Problem;
    }
}

/// <summary>A turn's request, or why there is none.</summary>
internal readonly struct ReadRequest
{
    public ReadRequest(TurnRequest request) => Request = request;

    public ReadRequest(Problem problem) => Problem = problem;

    /// <summary>Null exactly when there is a problem.</summary>
    public TurnRequest? Request { get; }

    public Problem? Problem { get; }
}
