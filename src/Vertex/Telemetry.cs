using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex;

/// <summary>What the engine client shows to tracing and metrics, named by OpenTelemetry's GenAI semantic conventions. Never prompt or answer text.</summary>
/// <remarks>https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/</remarks>
public static class Telemetry
{
    internal const string InvokeAgent = "invoke_agent";
    internal const string Provider = "gcp.vertex_ai";
    private const string EngineName = "sluice.engine.name";
    private const string RegionName = "cloud.region";

    private static readonly ActivitySource Source = new(Core.Telemetry.SourceName);
    private static readonly Meter Meter = new(Core.Telemetry.SourceName);

    private static readonly Histogram<double> Duration =
        Meter.CreateHistogram(
            "gen_ai.client.operation.duration",
            "s",
            "Calls to the engine, from first byte sent to last byte read.",
            advice: Bounds(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92));

    private static readonly Histogram<double> FirstChunk =
        Meter.CreateHistogram(
            "gen_ai.client.operation.time_to_first_chunk",
            "s",
            "From sending a streamed call to its first event.",
            advice: Bounds(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 15, 30, 60));

    private static readonly Histogram<double> NextChunk =
        Meter.CreateHistogram(
            "gen_ai.client.operation.time_per_output_chunk",
            "s",
            "Between events of a streamed call behind the first; events that arrive together count as one.",
            advice: Bounds(0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 2.5, 10, 60));

    private static readonly Histogram<long> Tokens =
        Meter.CreateHistogram(
            "gen_ai.client.token.usage",
            "{token}",
            "Model tokens of a call, as the engine reported them.",
            advice: new InstrumentAdvice<long>
            {
                HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864],
            });

    /// <summary>Errors an engine reported behind a whole answer, and which were left at that.</summary>
    internal static readonly Counter<long> LateErrors =
        Meter.CreateCounter<long>("sluice.engine.late_errors", "{error}", "Errors reported behind a whole answer.");

    private static readonly Counter<long> Recoveries =
        Meter.CreateCounter<long>("sluice.engine.recoveries", "{turn}", "Turns whose answer did not arrive whole and that were looked for in the engine's session.");

    private static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("sluice.engine.retries", "{call}", "Turns sent again, by where and how they had failed.");

    private static readonly Counter<long> CircuitTransitions =
        Meter.CreateCounter<long>("sluice.engine.circuit.transitions", "{transition}", "Changes of the circuits' states, by the new state.");

    private static readonly Counter<long> BulkheadRefused =
        Meter.CreateCounter<long>("sluice.engine.bulkhead.refused", "{turn}", "Turns for which there was no room at their engine.");

    // What the gauges show: read when somebody collects, and only then.
    private static readonly ConcurrentDictionary<EnginePipeline, bool> Watched = new();

    static Telemetry()
    {
        Meter.CreateObservableGauge(
            "sluice.engine.circuit.state",
            static () => Watched.Keys.SelectMany(engine => engine.Regions).Select(region => Measure((int)region.Circuit.Health.State, region.Place)),
            description: "0: calls are made, 1: one is made to see, 2: none is.");
        Meter.CreateObservableGauge(
            "sluice.engine.bulkhead.in_use", static () => Watched.Keys.Select(engine => Measure(engine.Bulkhead.InUse, engine.Engine)), "{turn}", "Turns at an engine.");
        Meter.CreateObservableGauge(
            "sluice.engine.bulkhead.waiting", static () => Watched.Keys.Select(engine => Measure(engine.Bulkhead.Waiting, engine.Engine)), "{turn}", "Turns that wait for room at their engine.");
    }

    /// <summary>Shows an engine in the gauges, until <see cref="Forget"/>.</summary>
    internal static void Watch(EnginePipeline engine) => Watched.TryAdd(engine, value: true);

    internal static void Forget(EnginePipeline engine) => Watched.TryRemove(engine, out _);

    internal static void Retried(ServedBy place, EngineFault fault) =>
        Retries.Add(1, new(EngineName, place.Engine), new(RegionName, place.Region), new("error.type", fault.Code));

    internal static void CircuitChanged(ServedBy place, CircuitState state) =>
        CircuitTransitions.Add(1, new(EngineName, place.Engine), new(RegionName, place.Region), new("sluice.engine.circuit", NameOf(state)));

    internal static void Refused(string engine) => BulkheadRefused.Add(1, new KeyValuePair<string, object?>(EngineName, engine));

    /// <summary>The state as a label.</summary>
    public static string NameOf(CircuitState state) => state switch
    {
        CircuitState.Closed => "closed",
        CircuitState.HalfOpen => "half_open",
        _ => "open",
    };

    private static Measurement<int> Measure(int value, string engine) => new(value, new KeyValuePair<string, object?>(EngineName, engine));

    private static Measurement<int> Measure(int value, ServedBy place) =>
        new(value, new KeyValuePair<string, object?>(EngineName, place.Engine), new(RegionName, place.Region));

    /// <summary>The span of one call.</summary>
    internal static Activity? Start(EngineLabels engine, TurnRequest request, string operation = InvokeAgent)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity(operation == InvokeAgent ? engine.InvokeSpan : $"{operation} {engine.Id}", ActivityKind.Client);
        if (activity is { IsAllDataRequested: true })
        {
            activity.AddTag("gen_ai.operation.name", operation);
            activity.AddTag("gen_ai.provider.name", Provider);
            activity.AddTag("gen_ai.agent.id", engine.Id);
            activity.AddTag("gen_ai.conversation.id", request.Session.Value);
            activity.AddTag("server.address", engine.Address);
            activity.AddTag("server.port", engine.Port);
        }

        return activity;
    }

    internal static void Answered(Activity? activity, int status)
    {
        if (activity is { IsAllDataRequested: true })
        {
            activity.AddTag("http.response.status_code", status);
        }
    }

    internal static void Ended(Activity? activity, EngineLabels engine, in EngineOutcome outcome, TimeSpan took, TimeSpan? firstEvent)
    {
        Failed(activity, outcome.Fault);
        if (activity is { IsAllDataRequested: true })
        {
            if (outcome.FinishReason is { } reason)
            {
                activity.AddTag("gen_ai.response.finish_reasons", new[] { reason });
            }

            if (outcome.Usage is { } usage)
            {
                activity.AddTag("gen_ai.usage.input_tokens", usage.InputTokens);
                activity.AddTag("gen_ai.usage.output_tokens", usage.OutputTokens);
            }
        }

        if (firstEvent is { } first)
        {
            FirstChunk.Record(first.TotalSeconds, engine.Call);
        }

        if (outcome.Usage is { } tokens)
        {
            Tokens.Record(tokens.InputTokens, engine.Input);
            Tokens.Record(tokens.OutputTokens, engine.Output);
        }

        if (Duration.Enabled)
        {
            Duration.Record(took.TotalSeconds, outcome.Fault is { } fault ? engine.FailedCall(fault) : engine.Call);
        }
    }

    /// <summary>More of a streamed answer has come, so long after what came before.</summary>
    internal static void Continued(EngineLabels engine, TimeSpan gap) => NextChunk.Record(gap.TotalSeconds, engine.Call);

    private static InstrumentAdvice<double> Bounds(params double[] bounds) => new() { HistogramBucketBoundaries = bounds };

    /// <param name="activity">The span of looking.</param>
    /// <param name="fate">What was found.</param>
    /// <param name="reason">Why it was looked for.</param>
    internal static void Recovered(Activity? activity, TurnFate fate, EngineFault reason)
    {
        var outcome = fate switch
        {
            TurnFate.Finished => "finished",
            TurnFate.NeverStarted => "never_started",
            _ => "unknown",
        };
        Recoveries.Add(1, new("outcome", outcome), new("reason", reason.Code));
        if (activity is { IsAllDataRequested: true })
        {
            activity.AddTag("sluice.recovery.outcome", outcome);
            activity.AddTag("sluice.recovery.reason", reason.Code);
        }
    }

    internal static void Failed(Activity? activity, EngineFault? fault)
    {
        if (fault is not null && activity is { IsAllDataRequested: true })
        {
            activity.AddTag("error.type", fault.Code);
            activity.SetStatus(ActivityStatusCode.Error);
        }
    }
}
