using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sluice.Api.Tests.Observability;

/// <summary>
/// Takes telemetry as a collector does (OTLP, http/protobuf), and plays Google's metadata server on the same port. Keeps what came and how it was signed.
/// </summary>
internal sealed class TelemetrySink : IAsyncDisposable
{
    public const string Project = "sink-project";
    public const string Token = "ya29.sink-token";

    private readonly WebApplication _app;
    private readonly Channel<OtlpSpan> _spans = Channel.CreateBounded<OtlpSpan>(1000);

    private TelemetrySink(int status)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            LastHeaders = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            Interlocked.Increment(ref _exports);
            context.Response.StatusCode = status;
            foreach (var span in OtlpSpan.Read(body.ToArray()))
            {
                _spans.Writer.TryWrite(span);
            }
        });
        _app.MapPost("/v1/metrics", () => Results.Ok());
        _app.MapGet("/computeMetadata/v1/project/project-id", () => Project);
        _app.MapGet("/computeMetadata/v1/instance/service-accounts/{account}/token", () => Results.Json(new { access_token = Token, expires_in = 3599, token_type = "Bearer" }));
        _app.MapGet("/{**rest}", (HttpContext context) => context.Response.Headers["Metadata-Flavor"] = "Google");
    }

    private int _exports;

    public int Exports => Volatile.Read(ref _exports);

    public Uri Address => new(_app.Urls.Single());

    public IReadOnlyDictionary<string, string> LastHeaders { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public static async Task<TelemetrySink> StartAsync(int status = StatusCodes.Status200OK)
    {
        var sink = new TelemetrySink(status);
        await sink._app.StartAsync();
        return sink;
    }

    /// <summary>The next span that <paramref name="wanted"/> fits.</summary>
    public async Task<OtlpSpan> NextAsync(Func<OtlpSpan, bool> wanted)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var span = await _spans.Reader.ReadAsync(patience.Token);
            if (wanted(span))
            {
                return span;
            }
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
