using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sluice.Api.Configuration;
using Sluice.Api.Observability;

namespace Sluice.Api.Metrics;

/// <summary>
/// Adds up what the meters of this process measure, so that Prometheus can ask for it: the gateway's own, and those of .NET that tell how its requests, connections, memory and
/// threads are doing.
/// </summary>
internal sealed partial class MeterReader : IHostedLifecycleService, IDisposable
{
    private static readonly string[] OwnMeters =
        [Core.Telemetry.SourceName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    /// <summary>They cost each call to an engine, of which gen_ai.client.operation.duration tells more.</summary>
    private static readonly string[] LeftOut = ["http.client.request.duration", "http.client.active_requests"];

    /// <summary>.NET makes counters of what goes up and down.</summary>
    private static readonly string[] NoCounters = ["dotnet.thread_pool.queue.length", "dotnet.thread_pool.thread.count"];

    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly IMeterFactory _factory;
    private readonly string[] _meters;
    private readonly MetricsOptions _options;
    private readonly ILogger<MeterReader> _log;
    private readonly ExpositionText _process = new();
    private readonly Lock _gate = new();
    private long _round;

    public MeterReader(IMeterFactory factory, IEnumerable<MoreTelemetry> more, MetricsOptions options, TelemetryOptions telemetry, ILogger<MeterReader> log)
    {
        (_factory, _options, _log) = (factory, options, log);
        _meters = [.. OwnMeters, .. more.SelectMany(also => also.Meters)];
        TargetInfo.Write(_process, telemetry);
        _listener.InstrumentPublished = Take;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Record(family, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, family) => Record(family, (double)value, tags));
    }

    /// <summary>Before Kestrel listens, so that nothing is missed.</summary>
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>All there is now. One at a time: the instruments are asked for each.</summary>
    public ReadOnlyMemory<byte> Read()
    {
        var text = new ExpositionText();
        lock (_gate)
        {
            Volatile.Write(ref _round, _round + 1);
            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal))
            {
                family.Write(text, _round);
            }
        }

        text.Append(_process);
        return text.Written;
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => ((MetricFamily)family!).Record(value, tags);

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        return generic == typeof(Histogram<>) ? MetricKind.Histogram
            : NoCounters.Contains(instrument.Name, StringComparer.Ordinal) ? MetricKind.Gauge
            : generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>) ? MetricKind.Counter
            : MetricKind.Gauge;
    }

    private void Take(Instrument instrument, MeterListener listener)
    {
        // A meter of another host in this process, if there is one, has that host's factory as its scope.
        var meter = instrument.Meter;
        if (!_meters.Contains(meter.Name, StringComparer.Ordinal) || LeftOut.Contains(instrument.Name, StringComparer.Ordinal) || (meter.Scope is not null && !ReferenceEquals(meter.Scope, _factory)))
        {
            return;
        }

        var kind = KindOf(instrument);
        if (PrometheusName.Of(instrument.Name, instrument.Unit, kind) is not { } name)
        {
            return;
        }

        var family = _families.GetOrAdd(name, name => new MetricFamily(name, kind, instrument, _options.SeriesPerMetric, () => Volatile.Read(ref _round)));
        if (family.Kind == kind)
        {
            listener.EnableMeasurementEvents(instrument, family);
        }
        else
        {
            NameTaken(_log, instrument.Name, name, family.Kind);
        }
    }

    [LoggerMessage(50, LogLevel.Warning, "Instrument {Instrument} is not told: there is a {Kind} called {Name} already")]
    private static partial void NameTaken(ILogger log, string instrument, string name, MetricKind kind);
}
