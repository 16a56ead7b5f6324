using System.Diagnostics.Metrics;
using System.Text.Json;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Observability;

/// <summary>
/// What is counted of turns; what calls to the engine cost is counted where they are made. Labels are closed lists, never names that callers choose: each
/// value of a label is a series somebody keeps.
/// </summary>
internal sealed class TurnMetrics
{
    /// <summary>In seconds: fine where callers wait, up to the longest a turn may take. The latencies that are promised (infra/slo.yaml) are among them.</summary>
    internal static readonly double[] DurationBounds = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 900];

    private const string Outcome = "sluice.turn.outcome";
    private const string ErrorType = "error.type";

    // Made once: writing an enum's name takes longer than counting it.
    private static readonly string[] Refusals = [.. Enum.GetNames<Refusal>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _takenOver;
    private readonly Counter<long> _moved;
    private readonly Histogram<double> _duration;

    public TurnMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(Core.Telemetry.SourceName);
        _active = meter.CreateUpDownCounter<long>("sluice.turns.active", "{turn}", "Turns queued or running.");
        _refused = meter.CreateCounter<long>("sluice.turns.refused", "{request}", "Requests a session refused, by reason.");
        _takenOver = meter.CreateCounter<long>("sluice.turns.taken_over", "{turn}", "Turns that another process had accepted and that went on here.");
        _moved = meter.CreateCounter<long>("sluice.turns.moved", "{turn}", "Turns that were here and go on elsewhere.");
        _duration = meter.CreateHistogram(
            "sluice.turn.duration",
            "s",
            "From acceptance to end, by outcome.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = DurationBounds });
    }

    public void Accepted() => _active.Add(1);

    public void TakenOver()
    {
        _active.Add(1);
        _takenOver.Add(1);
    }

    public void Moved()
    {
        _active.Add(-1);
        _moved.Add(1);
    }

    public void Refused(Refusal refusal) => _refused.Add(1, Tag("sluice.refusal", Refusals[(int)refusal]));

    public void Ended(TurnEnd end, TimeSpan duration)
    {
        _active.Add(-1);
        if (_duration.Enabled)
        {
            var outcome = Tag(Outcome, Core.Telemetry.OutcomeOf(end.State));
            if (end.Fault is { } fault)
            {
                _duration.Record(duration.TotalSeconds, outcome, Tag(ErrorType, fault.Code));
            }
            else
            {
                _duration.Record(duration.TotalSeconds, outcome);
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
