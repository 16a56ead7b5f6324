using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Observability;
using Sluice.Core.Engines;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Tests.Observability;

public sealed class TurnMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<TurnMetrics>().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly List<string> _seen = [];

    public TurnMetricsTests()
    {
        Metrics = _services.GetRequiredService<TurnMetrics>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Saw(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Saw(instrument, value, tags));
        _listener.Start();
    }

    private TurnMetrics Metrics { get; }

    [Fact]
    public void Turn_is_active_from_acceptance_to_end_and_counted_by_its_outcome()
    {
        Metrics.Accepted();
        Metrics.Ended(new TurnEnd { State = TurnState.Completed, At = default }, TimeSpan.FromSeconds(1.5));

        _seen.ShouldBe(["sluice.turns.active 1", "sluice.turns.active -1", "sluice.turn.duration 1.5 sluice.turn.outcome=completed"]);
    }

    [Fact]
    public void Turn_that_changes_hands_is_active_in_one_process_and_counted_in_both()
    {
        Metrics.TakenOver();
        Metrics.Moved();

        _seen.ShouldBe(["sluice.turns.active 1", "sluice.turns.taken_over 1", "sluice.turns.active -1", "sluice.turns.moved 1"]);
    }

    [Fact]
    public void Failed_turn_tells_its_code()
    {
        Metrics.Ended(new TurnEnd { State = TurnState.Failed, At = default, Fault = new EngineFault(FaultKind.QuotaExceeded, "slow down") }, TimeSpan.FromSeconds(1));

        _seen.ShouldContain("sluice.turn.duration 1 sluice.turn.outcome=failed error.type=engine_quota_exceeded");
    }

    [Fact]
    public void Refusal_tells_its_reason()
    {
        Metrics.Refused(Refusal.QueueFull);

        _seen.ShouldBe(["sluice.turns.refused 1 sluice.refusal=queue_full"]);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Saw<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var line = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{instrument.Name} {value}");
        foreach (var tag in tags)
        {
            line += $" {tag.Key}={tag.Value}";
        }

        _seen.Add(line);
    }
}
