using static Sluice.Api.Configuration.Form;
using Resilience = Sluice.Vertex.Resilience.ResilienceOptions;

namespace Sluice.Api.Configuration;

/// <summary>What is done about an engine that misbehaves, as <see cref="Resilience"/> declares it. The same for all engines, kept for each by itself.</summary>
internal static class ResilienceOptions
{
    public static readonly SettingSection Section = new("Resilience", "What is done about an engine that misbehaves, for each engine by itself");

    private static readonly Resilience Unset = new();

    // Google's quotas are by the minute: waits of minutes are for batches.
    private static readonly Form<TimeSpan> Wait = Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));

    // Polly's breaker takes nothing shorter.
    private static readonly Form<TimeSpan> Window = Duration(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10));

    private static readonly Setting<bool> SafeToRepeat = Section.Add(
        "SafeToRepeat", Switch, Unset.SafeToRepeat,
        "The agents of all engines have no side effects: a turn is sent again also when the engine may have begun it, as long as nothing of its answer was seen.");

    private static readonly Setting<int> MaxAttempts = Section.Add(
        "MaxAttempts", Count(1, 10), Unset.MaxAttempts,
        "Calls to one region for one turn, the first included; 1 never repeats. With 4, a container that takes ten seconds to start is met.");

    private static readonly Setting<TimeSpan> BaseDelay = Section.Add(
        "BaseDelay", Wait, Unset.BaseDelay,
        "The wait before the second call, doubled for each that follows, less up to half of it at random.");

    private static readonly Setting<TimeSpan> MaxDelay = Section.Add(
        "MaxDelay", Duration(TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5)), Unset.MaxDelay,
        "The longest wait. When the engine asks for more, the caller is told at once, with Retry-After.");

    private static readonly Setting<TimeSpan> ColdStartDelay = Section.Add(
        "ColdStartDelay", Wait, Unset.ColdStartDelay,
        "The wait before the second call to a container that was not up, doubled for each that follows.");

    private static readonly Setting<double> RetryRatio = Section.Add(
        "RetryRatio", Ratio, Unset.RetryRatio,
        "Repetitions each turn of an engine pays for: what a dying engine gets in calls on top of the turns.");

    private static readonly Setting<int> RetryReserve = Section.Add(
        "RetryReserve", Count(0, 10_000), Unset.RetryReserve,
        "Repetitions saved up at most, and had at the start.");

    private static readonly Setting<double> FailureRatio = Section.Add(
        "FailureRatio", Ratio with
        {
            Description = "a number from 0.01 to 1",
            TryParse = (string text, out double value) => Ratio.TryParse(text, out value) && value >= 0.01,
        }, Unset.FailureRatio,
        "Share of failures that opens the circuit of an engine in a region.");

    private static readonly Setting<int> MinimumThroughput = Section.Add(
        "MinimumThroughput", Count(2, 10_000), Unset.MinimumThroughput,
        "Answers within the window before their share means anything.");

    private static readonly Setting<TimeSpan> SamplingWindow = Section.Add(
        "SamplingWindow", Window, Unset.SamplingWindow,
        "The time a circuit looks back on.");

    private static readonly Setting<TimeSpan> BreakDuration = Section.Add(
        "BreakDuration", Window, Unset.BreakDuration,
        "How long an open circuit makes no call; then one is made to see.");

    private static readonly Setting<int> MaxCalls = Section.Add(
        "MaxCalls", Count(1, 100_000), Unset.MaxCalls,
        "Turns at an engine at a time, all its regions together. At the bound turns wait.");

    private static readonly Setting<int> MaxWaiting = Section.Add(
        "MaxWaiting", Count(0, 100_000), Unset.MaxWaiting,
        "Turns that wait for room at an engine. At the bound the newest is refused with engine_busy.");

    private static readonly Setting<TimeSpan> MaxWait = Section.Add(
        "MaxWait", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)), Unset.MaxWait,
        "How long a turn waits for room before it is refused with engine_busy.");

    public static Resilience Read(SettingReader settings) => new()
    {
        SafeToRepeat = settings.Get(SafeToRepeat),
        MaxAttempts = settings.Get(MaxAttempts),
        BaseDelay = settings.Get(BaseDelay),
        MaxDelay = settings.Get(MaxDelay),
        ColdStartDelay = settings.Get(ColdStartDelay),
        RetryRatio = settings.Get(RetryRatio),
        RetryReserve = settings.Get(RetryReserve),
        FailureRatio = settings.Get(FailureRatio),
        MinimumThroughput = settings.Get(MinimumThroughput),
        SamplingWindow = settings.Get(SamplingWindow),
        BreakDuration = settings.Get(BreakDuration),
        MaxCalls = settings.Get(MaxCalls),
        MaxWaiting = settings.Get(MaxWaiting),
        MaxWait = settings.Get(MaxWait),
    };
}
