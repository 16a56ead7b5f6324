using Sluice.Api.Cards;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Limits;
using Sluice.Core.Sessions;

namespace Sluice.Api.Configuration;

/// <summary>Everything that can be configured, read once at the start.</summary>
internal sealed record GatewayOptions
{
    public required EngineOptions Engine { get; init; }

    public required CachePolicy Cache { get; init; }

    public required Vertex.Resilience.ResilienceOptions Resilience { get; init; }

    public required SessionLimits Sessions { get; init; }

    public required LimitSettings Limits { get; init; }

    public required StorageOptions Storage { get; init; }

    public required ReplicaOptions Replicas { get; init; }

    public required AuthOptions Auth { get; init; }

    public required AuditOptions Audit { get; init; }

    public required ListeningOptions Listening { get; init; }

    public required HttpSurfaceOptions Http { get; init; }

    public required GrpcOptions Grpc { get; init; }

    public required CardOptions Card { get; init; }

    public required LoggingOptions Logging { get; init; }

    public required TelemetryOptions Telemetry { get; init; }

    public required MetricsOptions Metrics { get; init; }

    public required HostingOptions Hosting { get; init; }

    /// <summary>All there is, in the order in which it is explained.</summary>
    public static IReadOnlyList<SettingSection> Sections { get; } =
    [
        EngineOptions.Section,
        EngineList.Section,
        CacheOptions.Section,
        ResilienceOptions.Section,
        RecoveryOptions.Section,
        SessionOptions.Section,
        LimitOptions.Section,
        StorageOptions.Section,
        ReplicaOptions.Section,
        AuthOptions.Section,
        AuditOptions.Section,
        ListeningOptions.Section,
        HttpOptions.Section,
        GrpcOptions.Section,
        AgentCardOptions.Section,
        LoggingOptions.Section,
        TelemetryOptions.Section,
        MetricsOptions.Section,
        HostingOptions.Section,
    ];

    public static IEnumerable<Setting> Settings => Sections.SelectMany(section => section.Settings);

    /// <summary>Reads and checks everything. With problems, the options are not to be used.</summary>
    public static GatewayOptions Read(IConfigurationRoot configuration, out IReadOnlyList<string> problems, bool isDevelopment = false, MoreSettings? more = null)
    {
        var settings = new SettingReader(configuration);
        var sessions = SessionOptions.Read(settings);
        var auth = AuthOptions.Read(settings, isDevelopment);
        var hosting = HostingOptions.Read(settings);
        var options = new GatewayOptions
        {
            Engine = EngineOptions.Read(settings),
            Cache = CacheOptions.Read(settings, sessions),
            Resilience = ResilienceOptions.Read(settings),
            Sessions = sessions with { HandOverTime = hosting.HandOverTime },
            Limits = LimitOptions.Read(settings),
            Storage = StorageOptions.Read(settings),
            Replicas = ReplicaOptions.Read(settings),
            Auth = auth,
            Audit = AuditOptions.Read(settings),
            Listening = ListeningOptions.Read(settings, auth),
            Http = HttpOptions.Read(settings),
            Grpc = GrpcOptions.Read(settings, isDevelopment),
            Card = AgentCardOptions.Read(settings),
            Logging = LoggingOptions.Read(settings),
            Telemetry = TelemetryOptions.Read(settings),
            Metrics = MetricsOptions.Read(settings, ListeningOptions.Read(settings, auth)),
            Hosting = hosting,
        };
        AuthOptions.Judge(settings, options, isDevelopment);
        more?.Read(settings);
        UnknownKeys.Refuse(configuration, [.. Settings, .. more?.Section.Settings ?? []], settings);
        problems = settings.Problems;
        return options;
    }
}
