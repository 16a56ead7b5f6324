namespace Sluice.Emulator.Wire;

/// <summary>Instants as Python's time.time gives them: seconds, with microseconds behind the point.</summary>
internal static class PythonTime
{
    public static double Seconds(DateTimeOffset value) => (value.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / 10 / 1e6;
}
