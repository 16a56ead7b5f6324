using Sluice.Api.Answers;
using Sluice.Api.Configuration;
using Sluice.Api.Identity;
using Sluice.Api.Problems;
using Sluice.Core.Callers;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Metrics;

/// <summary><c>GET /metrics</c>: how the gateway is doing, over all callers. Not for everyone: it tells which engines there are, and how much they are used.</summary>
internal sealed class MetricsEndpoint
{
    public const string Path = "/metrics";

    private static readonly Problem SwitchedOff = new(404, "not_found", "Metrics are switched off here (Sluice:Metrics:Enabled).");

    private static readonly Problem NotForYou = new(
        403,
        "metrics_not_exposed",
        "Metrics are told to connections from the gateway's own machine that no proxy has forwarded, to callers with the scope operate, or at a port of their own (Sluice:Metrics:Port).");

    private static readonly Problem NothingElse = new(404, "not_found", $"This port has {Path} and nothing else.");

    private readonly MeterReader? _meters;
    private readonly bool _hasPort;
    private readonly Route _scraped;

    /// <param name="meters">Null: switched off.</param>
    /// <param name="options">Null: as for <paramref name="meters"/>.</param>
    public MetricsEndpoint(MeterReader? meters = null, MetricsOptions? options = null)
    {
        _meters = meters;
        _hasPort = options is { Port: > 0 };
        _scraped = new Route(Path, get: WriteAsync);
    }

    /// <summary>At the port that all requests come to.</summary>
    public Task HandleAsync(HttpContext context) =>
        _meters is null ? ProblemWriter.WriteAsync(context, SwitchedOff)
        : MayRead(context) ? WriteAsync(context)
        : ProblemWriter.WriteAsync(context, NotForYou);

    /// <summary>At the port for scrapers: whoever reaches it may.</summary>
    public Task HandleScraperAsync(HttpContext context) =>
        context.Request.Path == Path ? _scraped.HandleAsync(context) : ProblemWriter.WriteAsync(context, NothingElse);

    // Where callers are told apart, one that comes here has the scope.
    private bool MayRead(HttpContext context) => context.Features.Get<Caller>() is not null || (!_hasPort && ThisMachine.IsAsking(context));

    private Task WriteAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, ExpositionText.ContentType, _meters!.Read());
}
