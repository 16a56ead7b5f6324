using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How the gateway listens and answers.</summary>
internal sealed record HttpOptions
{
    public static readonly SettingSection Section = new("Http", "Listening and answering");

    private static readonly Setting<int> PortSetting = Section.Add(
        "Port", Count(0, 65_535), 8080,
        "Port to listen on, 0 for any: on loopback in Development, else on every address. Not looked at when --urls or ASPNETCORE_URLS is set.",
        "PORT");

    private static readonly Setting<long> MaxBodyBytesSetting = Section.Add(
        "MaxBodyBytes", Size(1024, 1024 * 1024 * 1024), 4 * 1024 * 1024,
        "Size of a request body. Above it: 413.");

    private static readonly Setting<TimeSpan> HeadHoldSetting = Section.Add(
        "HeadHold", Duration(TimeSpan.Zero, TimeSpan.FromSeconds(30)), TimeSpan.FromMilliseconds(300),
        "How long a stream's 200 is held back for the first event, so that an early failure can still be a status.");

    private static readonly Setting<TimeSpan> HeartbeatIntervalSetting = Section.Add(
        "HeartbeatInterval", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), TimeSpan.FromSeconds(15),
        "Silence on a stream after which a comment line is sent; proxies close silent connections, many after 30 s.");

    private static readonly Setting<TimeSpan> GraceSetting = Section.Add(
        "Grace", Duration(TimeSpan.Zero, TimeSpan.FromHours(24)), TimeSpan.FromSeconds(30),
        "How long a turn that can be resumed goes on with no reader; 0s cancels it with its client.");

    private static readonly Setting<TimeSpan> RequestHeadersTimeoutSetting = Section.Add(
        "RequestHeadersTimeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), TimeSpan.FromSeconds(10),
        "How long a client may take to send its headers.");

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

    public required long MaxBodyBytes { get; init; }

    public required TimeSpan HeadHold { get; init; }

    public required TimeSpan HeartbeatInterval { get; init; }

    public required TimeSpan Grace { get; init; }

    public required TimeSpan RequestHeadersTimeout { get; init; }

    public required TimeSpan KeepAliveTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required bool InlineScheduling { get; init; }

    public static HttpOptions Read(SettingReader settings) => new()
    {
        Port = settings.Get(PortSetting),
        MaxBodyBytes = settings.Get(MaxBodyBytesSetting),
        HeadHold = settings.Get(HeadHoldSetting),
        HeartbeatInterval = settings.Get(HeartbeatIntervalSetting),
        Grace = settings.Get(GraceSetting),
        RequestHeadersTimeout = settings.Get(RequestHeadersTimeoutSetting),
        KeepAliveTimeout = settings.Get(KeepAliveTimeoutSetting),
        MaxConnections = settings.Get(MaxConnectionsSetting),
        InlineScheduling = settings.Get(InlineSchedulingSetting),
    };
}
