using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Sluice.Api.Configuration;

namespace Sluice.Api.Observability;

/// <summary>Sends traces and metrics away, when there is somewhere to send them; nothing of OpenTelemetry is set up otherwise.</summary>
internal sealed class TelemetryExport(
    TelemetryOptions options, GoogleProject project, IConfiguration configuration, ILogger<ExportTroubles> log, TimeProvider time, IEnumerable<MoreTelemetry> more)
    : IHostedLifecycleService, IDisposable
{
    private const string DefaultMetadataHost = "metadata.google.internal";

    // Within what Shutdown leaves of the time to stop.
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    // A metadata server answers in milliseconds, or is not there.
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private ExportTroubles? _troubles;
    private TracerProvider? _traces;
    private MeterProvider? _metrics;
    private Task _lookup = Task.CompletedTask;

    /// <summary>Before Kestrel listens, so that the first request has its span; but the network is not waited for.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.ToOtlp || options.ToCloudTrace || options.MetricsToOtlp)
        {
            _troubles = new ExportTroubles(log, time);
        }

        if (options.MetricsToOtlp)
        {
            _metrics = BuildMetrics();
        }

        if (project.Id is null && options.OnGoogleCloud)
        {
            _lookup = Task.Run(BuildTracesWhenProjectIsKnownAsync, CancellationToken.None);
        }
        else
        {
            _traces = BuildTraces();
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Last of all, when the last span has ended.</summary>
    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _lookup;
        var timeout = (int)FlushTimeout.TotalMilliseconds;
        // Both block for as long as the other side takes.
        await Task.WhenAll(
            Task.Run(() => _traces?.Shutdown(timeout), CancellationToken.None),
            Task.Run(() => _metrics?.Shutdown(timeout), CancellationToken.None));
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
        _troubles?.Dispose();
        _stopping.Dispose();
    }

    private async Task BuildTracesWhenProjectIsKnownAsync()
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        deadline.CancelAfter(LookupTimeout);
        try
        {
            await project.FindAsync(http, configuration["GCE_METADATA_HOST"] ?? DefaultMetadataHost, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            // Not told in time: the spans go without it, and the log says so if they are refused.
        }

        _traces = BuildTraces();
    }

    private TracerProvider? BuildTraces()
    {
        if (!options.ToOtlp && !options.ToCloudTrace)
        {
            return null;
        }

        var builder = Sdk.CreateTracerProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(WithProtocol(configuration)))
            .SetResourceBuilder(GatewayResource.Of(options, project.Id))
            .AddSource(["Microsoft.AspNetCore", Core.Telemetry.SourceName, .. more.SelectMany(also => also.Sources)]);
        if (!options.SamplerIsForeign)
        {
            builder.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.SampleRatio)));
        }

        if (options.ToOtlp)
        {
            builder.AddOtlpExporter();
        }

        if (options.ToCloudTrace)
        {
            builder.AddOtlpExporter("cloud-trace", ConfigureCloudTrace);
        }

        return builder.Build();
    }

    /// <summary>
    /// Where no protocol is said, the specification's default, http/protobuf, but for the port that is gRPC's own; this SDK's default is gRPC, to any port.
    /// </summary>
    private static IConfiguration WithProtocol(IConfiguration configuration)
    {
        const int GrpcPort = 4317;
        const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";
        return Uri.TryCreate(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"], UriKind.Absolute, out var endpoint) && endpoint.Port == GrpcPort
            ? configuration
            : new ConfigurationBuilder().AddInMemoryCollection([new(Protocol, "http/protobuf")]).AddConfiguration(configuration).Build();
    }

    private void ConfigureCloudTrace(OtlpExporterOptions exporter)
    {
        exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
        exporter.Endpoint = options.CloudTraceEndpoint;
        // Those of OTEL_EXPORTER_OTLP_HEADERS are for someone else, and may be a secret.
        exporter.Headers = null;
        exporter.HttpClientFactory = () => new HttpClient(new CloudTraceCredentials(new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            ActivityHeadersPropagator = null,
        }))
        {
            Timeout = TimeSpan.FromSeconds(10),
        };
    }

    private MeterProvider BuildMetrics() =>
        Sdk.CreateMeterProviderBuilder()
            .ConfigureServices(services => services.AddSingleton(WithProtocol(configuration)))
            .SetResourceBuilder(GatewayResource.Of(options, project.Id))
            // Not System.Net.Http: it costs each call to the engine, of which the gateway's own meter tells more.
            .AddMeter([
                Core.Telemetry.SourceName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", .. more.SelectMany(also => also.Meters),
            ])
            .AddOtlpExporter()
            .Build();
}
