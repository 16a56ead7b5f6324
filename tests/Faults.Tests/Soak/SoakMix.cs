using Sluice.Emulator.Control;

namespace Sluice.Faults.Tests.Soak;

/// <summary>What goes wrong in a soak: one call in five, in every way there is.</summary>
internal static class SoakMix
{
    private static readonly Fault[] Refusals =
    [
        Fault.Quota, Fault.Unavailable, Fault.BadGateway, Fault.Internal, Fault.Deadline, Fault.Cancelled, Fault.ColdContainer, Fault.ColdContainerEmpty,
        Fault.AgentError, Fault.Empty, Fault.Reset,
    ];

    private static readonly Fault[] Breaks = [Fault.Truncate, Fault.TruncateReset, Fault.ClosedLine, Fault.ErrorLine, Fault.LateError];

    // The shares add up to a fifth of all calls; the reads of session events fail for themselves.
    public static Script[] Scripts { get; } =
    [
        Always(0.08) with { Faults = Refusals },
        Always(0.04) with { Faults = Breaks },
        Always(0.03) with { Faults = Breaks, After = 2, Turn = TurnReach.Completed },
        Always(0.02) with { Faults = [Fault.Reset, Fault.Empty, Fault.TruncateReset], After = 0, Turn = TurnReach.Continues, Rest = TimeSpan.FromMilliseconds(200) },
        Always(0.01) with { Fault = Fault.Stall },
        Always(0.01) with { Fault = Fault.Stall, After = 0, Turn = TurnReach.Completed },
        Always(0.01) with { Fault = Fault.SlowFirstByte, Delay = TimeSpan.FromMilliseconds(100) },
        Always(0.2) with { Verb = Verb.SessionEvents, Faults = [Fault.Quota, Fault.Unavailable, Fault.Empty, Fault.Truncate, Fault.Reset] },
    ];

    private static Script Always(double rate) => new() { Times = 0, Rate = rate };
}
