using System.ComponentModel.DataAnnotations;

namespace Sluice.Vertex.Resilience;

/// <summary>
/// What is done about an engine that misbehaves. Each option states its default, unit, bounds and reason; <see cref="Validate"/> holds the bounds.
/// </summary>
public sealed record ResilienceOptions
{
    /// <summary>
    /// The agent has no side effects: a turn that the engine may have begun is sent again as well, as long as nothing of its answer was seen. Default false:
    /// a tool may have acted, and ADK has put the message into its session by then.
    /// </summary>
    public bool SafeToRepeat { get; init; }

    /// <summary>
    /// Calls to one region for one turn, the first included. Default 4, 1 to 10; 1 never repeats. With four, a container that takes ten seconds to start is
    /// asked again after 3, 9 and 21 seconds.
    /// </summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>Before the second call; doubled for each that follows, less up to half of it at random. Default 250 ms, 1 ms to a minute.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The longest wait, the engine's own wish included: what asks for more is answered at once, with that wish. Default 5 s, 1 ms to 5 min: longer waits are
    /// the caller's to decide about.
    /// </summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same as <see cref="BaseDelay"/> for a container that was not up, and not held to <see cref="MaxDelay"/>. Default 3 s, 1 ms to a minute.</summary>
    public TimeSpan ColdStartDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Repeats that each turn of an engine pays for. Default 0.2, 0 to 1: under full load a dying engine gets a fifth more calls, not four times as many.</summary>
    public double RetryRatio { get; init; } = 0.2;

    /// <summary>Repeats a quiet engine has saved up, at the start as well. Default 20, 0 to 10 000: without them the first failure after a pause could not be repeated.</summary>
    public int RetryReserve { get; init; } = 20;

    /// <summary>
    /// Share of failures that opens a region's circuit. Default 0.8, 0.01 to 1: an engine that fails half of its calls still gives its callers more than an open
    /// circuit would, and Agent Engine's empty answers alone may be that many.
    /// </summary>
    public double FailureRatio { get; init; } = 0.8;

    /// <summary>Answers within the window before their share means anything. Default 10, 2 to 10 000.</summary>
    public int MinimumThroughput { get; init; } = 10;

    /// <summary>The time looked back on. Default 10 s, 500 ms to 10 min: the longer it is, the longer what was well hides an outage.</summary>
    public TimeSpan SamplingWindow { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an open circuit makes no call; then one is let through to see. Default 5 s, 500 ms to 10 min.</summary>
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Turns at the engine at a time, all regions together, waits between calls included. Default 4096, 1 to 100 000: twice the streams a node is built for.</summary>
    public int MaxCalls { get; init; } = 4096;

    /// <summary>Turns waiting for one of those to end. Default 128, 0 to 100 000; at the bound the newest is refused with <c>engine_busy</c>.</summary>
    public int MaxWaiting { get; init; } = 128;

    /// <summary>How long such a turn waits before it is refused as well. Default 5 s, 100 ms to 5 min: a caller who waits longer has often left.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <exception cref="ValidationException">An option is out of its bounds; the message names it.</exception>
    public void Validate()
    {
        Within(MaxAttempts, 1, 10, nameof(MaxAttempts));
        Within(BaseDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(BaseDelay));
        Within(MaxDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5), nameof(MaxDelay));
        Within(ColdStartDelay, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), nameof(ColdStartDelay));
        Within(RetryRatio, 0, 1, nameof(RetryRatio));
        Within(RetryReserve, 0, 10_000, nameof(RetryReserve));
        Within(FailureRatio, 0.01, 1, nameof(FailureRatio));
        Within(MinimumThroughput, 2, 10_000, nameof(MinimumThroughput));
        Within(SamplingWindow, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10), nameof(SamplingWindow));
        Within(BreakDuration, TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(10), nameof(BreakDuration));
        Within(MaxCalls, 1, 100_000, nameof(MaxCalls));
        Within(MaxWaiting, 0, 100_000, nameof(MaxWaiting));
        Within(MaxWait, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), nameof(MaxWait));
    }

    private static void Within<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ValidationException($"{name} must be {least} to {most}.");
        }
    }
}
