using Sluice.Core.Engines.Fallbacks;
using Sluice.Vertex;
using Sluice.Vertex.Recovery;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

internal enum EngineApiVersion
{
    V1beta1,
    V1,
}

/// <summary>The engines behind the gateway, and how long they are waited for.</summary>
internal sealed record EngineOptions
{
    public static readonly SettingSection Section = new("Engine", "The agent behind the gateway");

    public static readonly Form<EngineName?> ResourceName = new(EngineName.Form, EngineName.TryParse, name => name!.ToString());

    public static readonly Form<Uri?> SafeBaseUrl = BaseUrl with
    {
        Description = "an absolute https URL without user, query and fragment, or http on loopback",
        TryParse = (string text, out Uri? value) => BaseUrl.TryParse(text, out value) && (value!.Scheme == Uri.UriSchemeHttps || value.IsLoopback),
    };

    private static readonly Setting<EngineName?> NameSetting = Section.Add(
        "Name", ResourceName, null,
        "Full resource name of the engine. Without it and Id there is no engine: the emulator in Development, 503 otherwise.",
        "AGENT_ENGINE_NAME");

    private static readonly Setting<string?> IdSetting = Section.Add(
        "Id", Text("a bare engine id of letters, digits, - and _ (a full name belongs in AGENT_ENGINE_NAME)", 63, EngineName.IsId), null,
        "Bare id of the engine, made a full name with Project and Location. Not looked at when Name is set.",
        "AGENT_ENGINE_ID");

    private static readonly Setting<string?> ProjectSetting = Section.Add(
        "Project", Text("a project id or number", 63, EngineName.IsProject), null,
        "Project of the engine named by Id.",
        "PROJECT_ID", "GOOGLE_CLOUD_PROJECT");

    private static readonly Setting<string?> LocationSetting = Section.Add(
        "Location", Text("a location such as us-central1", 63, EngineName.IsLocation), "us-central1",
        "Location of the engine named by Id.",
        "LOCATION");

    private static readonly Setting<Uri?> EndpointSetting = Section.Add(
        "Endpoint", SafeBaseUrl, null,
        "Base URL instead of Google's regional one. A plain http loopback address is called without credentials.",
        "AGENT_ENGINE_ENDPOINT");

    private static readonly Setting<EngineApiVersion> ApiVersionSetting = Section.Add(
        "ApiVersion", Choice<EngineApiVersion>(), EngineApiVersion.V1beta1,
        "Version of the Agent Engine API.");

    private static readonly Setting<DialectChoice> DialectSetting = Section.Add(
        "Dialect", Choice<DialectChoice>(), DialectChoice.Auto,
        "How the engine wants to be called: plain query, or the class methods and sessions of adk. auto asks the engine.",
        "AGENT_ENGINE_DIALECT");

    /// <summary>Fallbacks of the default engine.</summary>
    public static readonly Setting<FallbackChoice?> FallbackSetting = Section.Add(
        "Fallbacks:<n>", FallbackForm.Form, null,
        "What answers in the engine's place when it certainly has not begun, tried in order from number 0; always marked. At most 8.");

    private static readonly Setting<string?> ModeSetting = Section.Add(
        "Mode", Text("a word of at most 64 characters", 64), "agent_engine",
        "Told as mode by /_health.",
        "ENGINE_MODE");

    // Bounds of the waits: under a tenth of a second a healthy engine is given up on; past an hour Cloud Run has long cut the caller.
    private static readonly Form<TimeSpan> Wait = Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1));

    private static readonly Setting<TimeSpan> ConnectTimeoutSetting = Section.Add(
        "ConnectTimeout", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(2)), TimeSpan.FromSeconds(10),
        "How long a connection may take, TLS included; Direct VPC egress may need long, but rarely.");

    private static readonly Setting<TimeSpan> QueryTimeoutSetting = Section.Add(
        "QueryTimeout", Wait, TimeSpan.FromSeconds(60),
        "How long a whole answer (:query) may take.");

    private static readonly Setting<TimeSpan> FirstEventTimeoutSetting = Section.Add(
        "FirstEventTimeout", Wait, TimeSpan.FromSeconds(120),
        "How long a stream may take to its first event: a cold container takes ten seconds, and an agent may say nothing until its first model call has ended.");

    private static readonly Setting<TimeSpan> IdleTimeoutSetting = Section.Add(
        "IdleTimeout", Wait, TimeSpan.FromSeconds(300),
        "How long a stream may be silent once it has begun: tools run in silence.");

    private static readonly Setting<TimeSpan> TotalTimeoutSetting = Section.Add(
        "TotalTimeout", Wait, TimeSpan.FromMinutes(15),
        "How long a turn at the engine may take in all; the engine ends streams at 15 minutes itself.");

    private static readonly Setting<int> MaxConnectionsSetting = Section.Add(
        "MaxConnections", Count(1, 65_000), 2048,
        "Connections to the engine. At the bound calls wait for one, within their timeouts.");

    private static readonly Setting<TimeSpan> DiscoveryTimeoutSetting = Section.Add(
        "DiscoveryTimeout", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)), TimeSpan.FromSeconds(10),
        "How long reading the engine's list of methods may take; after that the turn goes on without it.");

    private static readonly Setting<long> MaxEventBytesSetting = Section.Add(
        "MaxEventBytes", Size(1024, 256 * 1024 * 1024), 8 * 1024 * 1024,
        "Size of one event, or of a whole answer. Above it the turn fails with answer_too_large.");

    private static readonly Setting<long> MaxAnswerBytesSetting = Section.Add(
        "MaxAnswerBytes", Size(1024, 2L * 1024 * 1024 * 1024), 64L * 1024 * 1024,
        "Size of all events of a stream: a token costs about 500 bytes. Above it the turn fails with answer_too_large.");

    private static readonly Setting<string?> QuotaProjectSetting = Section.Add(
        "QuotaProject", Text("a project id", 63, EngineName.IsProject), null,
        "Project to count quota against; unset: that of the credentials.");

    /// <summary>The default engine first; empty when none is configured.</summary>
    public IReadOnlyList<NamedEngineOptions> Engines { get; init; } = [];

    /// <summary>The default engine in its first region; null when no engine is configured.</summary>
    public EngineName? Name => Engines is [var first, ..] ? first.Regions[0].Name : null;

    /// <summary>As it is set, for the engine that is named beside it. Null: Google's, for the engine's location.</summary>
    public Uri? Endpoint { get; init; }

    public required EngineApiVersion ApiVersion { get; init; }

    /// <summary>As it is set, for the default engine.</summary>
    public required DialectChoice Dialect { get; init; }

    /// <summary>As they are set, for the default engine.</summary>
    public IReadOnlyList<FallbackChoice> Fallbacks { get; init; } = [];

    public required string Mode { get; init; }

    public required string Location { get; init; }

    public required TimeSpan ConnectTimeout { get; init; }

    public required TimeSpan QueryTimeout { get; init; }

    public required TimeSpan FirstEventTimeout { get; init; }

    public required TimeSpan IdleTimeout { get; init; }

    public required TimeSpan TotalTimeout { get; init; }

    public required TimeSpan DiscoveryTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required int MaxEventBytes { get; init; }

    public required long MaxAnswerBytes { get; init; }

    public string? QuotaProject { get; init; }

    public required RecoveryPolicy Recovery { get; init; }

    /// <summary>How an engine is called, in each of its regions.</summary>
    public IReadOnlyList<VertexOptions> Vertex(NamedEngineOptions engine) => [.. engine.Regions.Select(region => new VertexOptions
    {
        Name = engine.Name,
        Engine = region.Name,
        Endpoint = region.Endpoint,
        ApiVersion = ApiVersion == EngineApiVersion.V1 ? "v1" : "v1beta1",
        Dialect = engine.Dialect,
        QuotaProject = QuotaProject,
        ConnectTimeout = ConnectTimeout,
        QueryTimeout = QueryTimeout,
        FirstEventTimeout = FirstEventTimeout,
        IdleTimeout = IdleTimeout,
        TotalTimeout = TotalTimeout,
        DiscoveryTimeout = DiscoveryTimeout,
        MaxConnections = MaxConnections,
        MaxEventBytes = MaxEventBytes,
        MaxAnswerBytes = MaxAnswerBytes,
        Recovery = Recovery,
    })];

    public static EngineOptions Read(SettingReader settings)
    {
        var options = ReadOwn(settings);
        var name = settings.Get(NameSetting) ?? FromId(settings);
        var single = new NamedEngineOptions(NamedEngineOptions.Default, name is null ? [] : [new EngineRegionOptions(name, options.Endpoint)])
        {
            Dialect = options.Dialect,
            Fallbacks = options.Fallbacks,
        };
        var engines = EngineList.Read(settings, single, new SinglySaid(
            [.. new Setting[] { NameSetting, IdSetting, EndpointSetting }.Where(settings.IsSet).Select(setting => setting.Key)],
            settings.IsSet(DialectSetting) ? DialectSetting.Key : null,
            settings.FirstUnder(KeyPattern.Head(FallbackSetting.Key))));
        return options with { Engines = engines, Location = engines is [var first, ..] ? first.Regions[0].Name.Location : options.Location };
    }

    private static EngineOptions ReadOwn(SettingReader settings) => new()
    {
        Endpoint = settings.Get(EndpointSetting),
        ApiVersion = settings.Get(ApiVersionSetting),
        Dialect = settings.Get(DialectSetting),
        Fallbacks = EngineList.ReadFallbacks(settings, FallbackSetting),
        Mode = settings.Get(ModeSetting)!,
        Location = settings.Get(LocationSetting)!,
        ConnectTimeout = settings.Get(ConnectTimeoutSetting),
        QueryTimeout = settings.Get(QueryTimeoutSetting),
        FirstEventTimeout = settings.Get(FirstEventTimeoutSetting),
        IdleTimeout = settings.Get(IdleTimeoutSetting),
        TotalTimeout = settings.Get(TotalTimeoutSetting),
        DiscoveryTimeout = settings.Get(DiscoveryTimeoutSetting),
        MaxConnections = settings.Get(MaxConnectionsSetting),
        MaxEventBytes = (int)settings.Get(MaxEventBytesSetting),
        MaxAnswerBytes = settings.Get(MaxAnswerBytesSetting),
        QuotaProject = settings.Get(QuotaProjectSetting),
        Recovery = RecoveryOptions.Read(settings),
    };

    private static EngineName? FromId(SettingReader settings)
    {
        if (settings.Get(IdSetting) is not { } id || settings.Get(LocationSetting) is not { } location)
        {
            return null;
        }

        if (settings.Get(ProjectSetting) is not { } project)
        {
            settings.Refuse(IdSetting, $"'{id}' needs the engine's project: set PROJECT_ID ({ProjectSetting.Key}), or AGENT_ENGINE_NAME to {EngineName.Form}");
            return null;
        }

        return new EngineName(project, location, id);
    }
}
