using System.Diagnostics;

namespace Sluice.Bench.Sockets;

/// <summary>CLOCK_MONOTONIC in nanoseconds: one clock for every process on the machine.</summary>
internal static class Clock
{
    public const long Millisecond = 1_000_000;
    public const long Second = 1_000_000_000;

    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>Throws where a stopwatch tick is not a nanosecond, because the figures would be wrong.</summary>
    public static void Check()
    {
        if (Stopwatch.Frequency != Second)
        {
            throw new PlatformNotSupportedException("The bench needs Linux: a clock of nanoseconds that processes share.");
        }
    }
}
