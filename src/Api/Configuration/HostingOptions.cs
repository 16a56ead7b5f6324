using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How the process starts and stops.</summary>
internal sealed record HostingOptions
{
    public static readonly SettingSection Section = new("Hosting", "Starting and stopping");

    private static readonly Setting<TimeSpan> ShutdownTimeoutSetting = Section.Add(
        "ShutdownTimeout", Duration(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(10)), TimeSpan.FromSeconds(8),
        "How long stopping may take before what is left is cut off. Cloud Run kills 10 s after its SIGTERM.");

    private static readonly Setting<bool> EmulatorSetting = Section.Add(
        "Emulator", Switch, true,
        "In Development, run an emulator inside when no engine is configured.");

    public required TimeSpan ShutdownTimeout { get; init; }

    public required bool Emulator { get; init; }

    public static HostingOptions Read(SettingReader settings) => new()
    {
        ShutdownTimeout = settings.Get(ShutdownTimeoutSetting),
        Emulator = settings.Get(EmulatorSetting),
    };
}
