using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, grpc => grpc.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.MapPost("/v1/traces", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            LastHeaders = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            Interlocked.Increment(ref _exports);
            Bodies.Enqueue(body.ToArray());
            context.Response.StatusCode = status;
            foreach (var span in OtlpSpan.Read(body.ToArray()))
            {
                _spans.Writer.TryWrite(span);
            }
        });
        _app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", async context =>
        {
            const int Prefix = 5;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            Interlocked.Increment(ref _exports);
            foreach (var span in OtlpSpan.Read(body.ToArray()[Prefix..]))
            {
                _spans.Writer.TryWrite(span);
            }

            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[Prefix]);
            context.Response.AppendTrailer("grpc-status", "0");
        });
        _app.MapPost("/v1/metrics", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            Bodies.Enqueue(body.ToArray());
        });
        _app.MapGet("/computeMetadata/v1/project/project-id", () => Project);
        _app.MapGet("/computeMetadata/v1/instance/service-accounts/{account}/token", () => Results.Json(new { access_token = Token, expires_in = 3599, token_type = "Bearer" }));
        _app.MapGet("/{**rest}", (HttpContext context) => context.Response.Headers["Metadata-Flavor"] = "Google");
    }

    private int _exports;

    public int Exports => Volatile.Read(ref _exports);

    /// <summary>Every export over http/protobuf, as it came.</summary>
    public ConcurrentQueue<byte[]> Bodies { get; } = new();

    public Uri Address => new(_app.Urls.First());

    /// <summary>The same over gRPC.</summary>
    public Uri GrpcAddress => new(_app.Urls.Last());

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

    /// <summary>One span for each of <paramref name="wanted"/>, in whatever order they come.</summary>
    public async Task<OtlpSpan[]> NextAsync(params Func<OtlpSpan, bool>[] wanted)
    {
        var found = new OtlpSpan?[wanted.Length];
        while (Array.Exists(found, span => span is null))
        {
            var next = await NextAsync(span => Array.Exists(wanted, each => each(span)));
            found[Array.FindIndex(wanted, each => each(next))] ??= next;
        }

        return found!;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
