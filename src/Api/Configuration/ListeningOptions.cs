using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Where the gateway listens, and for how many.</summary>
internal sealed record ListeningOptions
{
    public static readonly SettingSection Section = new("Listening", "Listening");

    private static readonly Setting<int> PortSetting = Section.Add(
        "Port", Count(0, 65_535), 8080,
        "Port to listen on, 0 for any: on loopback in Development, else on every address. Not looked at when --urls or ASPNETCORE_URLS is set.",
        "PORT");

    private static readonly Setting<TimeSpan> KeepAliveTimeoutSetting = Section.Add(
        "KeepAliveTimeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)), TimeSpan.FromSeconds(620),
        "How long an idle connection is kept. Google's load balancers keep theirs 600 s and must not be the ones to find it closed.");

    private static readonly Setting<int> MaxConnectionsSetting = Section.Add(
        "MaxConnections", Count(1, 1_000_000), 20_000,
        "Connections at a time. At the bound new ones are closed.");

    private static readonly Setting<bool> InlineSchedulingSetting = Section.Add(
        "InlineScheduling", Switch, false,
        "Run requests on the threads that read the sockets: less latency when nothing blocks, stalls every connection of a thread when something does.");

    public required int Port { get; init; }

    public required TimeSpan KeepAliveTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required bool InlineScheduling { get; init; }

    public static ListeningOptions Read(SettingReader settings) => new()
    {
        Port = settings.Get(PortSetting),
        KeepAliveTimeout = settings.Get(KeepAliveTimeoutSetting),
        MaxConnections = settings.Get(MaxConnectionsSetting),
        InlineScheduling = settings.Get(InlineSchedulingSetting),
    };
}
