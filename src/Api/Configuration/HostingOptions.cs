using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How the process starts and stops.</summary>
internal sealed record HostingOptions
{
    public static readonly SettingSection Section = new("Hosting", "Starting and stopping");

    /// <summary>What stopping may take behind the drain time: a second to hand over, then for Kestrel to end its connections and for the last spans.</summary>
    private static readonly TimeSpan Reserve = TimeSpan.FromSeconds(1.75);

    private static readonly Setting<TimeSpan> DrainTimeSetting = Section.Add(
        "DrainTime", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), TimeSpan.FromSeconds(8),
        "How long running turns may take to end when the process is told to stop. What is left then is handed over. Stopping takes up to 1.75 s longer: Cloud Run "
            + "kills 10 s after its SIGTERM. A second signal ends the wait.");

    private static readonly Setting<bool> EmulatorSetting = Section.Add(
        "Emulator", Switch, true,
        "In Development, run an emulator inside when no engine is configured.");

    public required TimeSpan DrainTime { get; init; }

    /// <summary>For all of stopping.</summary>
    public TimeSpan ShutdownTimeout => DrainTime + Reserve;

    public required bool Emulator { get; init; }

    public static HostingOptions Read(SettingReader settings) => new()
    {
        DrainTime = settings.Get(DrainTimeSetting),
        Emulator = settings.Get(EmulatorSetting),
    };
}
