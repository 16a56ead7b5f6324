using Sluice.Core.Sessions;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How the process starts and stops.</summary>
internal sealed record HostingOptions
{
    public static readonly SettingSection Section = new("Hosting", "Starting and stopping");

    /// <summary>What stopping may take behind the turns: for Kestrel to end its connections and for the last spans.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(0.75);

    private static readonly Setting<TimeSpan> DrainTimeSetting = Section.Add(
        "DrainTime", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), TimeSpan.FromSeconds(8),
        "How long running turns may take to end when the process is told to stop. What is left then is handed over. A second signal ends the wait. Cloud Run kills 10 s after its SIGTERM.");

    private static readonly Setting<TimeSpan> HandOverTimeSetting = Section.Add(
        "HandOverTime", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), new SessionLimits().HandOverTime,
        "How long handing over may take at most, with a store that is slow. What is left then is found like the turns of a process that died. Stopping takes up to 0.75 s longer.");

    private static readonly Setting<bool> EmulatorSetting = Section.Add(
        "Emulator", Switch, true,
        "In Development, run an emulator inside when no engine is configured.");

    public required TimeSpan DrainTime { get; init; }

    public required TimeSpan HandOverTime { get; init; }

    /// <summary>For all of stopping.</summary>
    public TimeSpan ShutdownTimeout => DrainTime + HandOverTime + Reserve;

    public required bool Emulator { get; init; }

    public static HostingOptions Read(SettingReader settings) => new()
    {
        DrainTime = settings.Get(DrainTimeSetting),
        HandOverTime = settings.Get(HandOverTimeSetting),
        Emulator = settings.Get(EmulatorSetting),
    };
}
