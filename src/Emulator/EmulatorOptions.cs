namespace Sluice.Emulator;

/// <summary>What an emulator is started with. Every default makes it fast, free of limits and open to any caller on loopback.</summary>
public sealed record EmulatorOptions
{
    /// <summary>The loopback port; 0 lets the system choose one.</summary>
    public int Port { get; init; }

    /// <summary>The port that speaks HTTP/2 without TLS (prior knowledge); null opens none. A plaintext port speaks one version only.</summary>
    public int? Http2Port { get; init; }

    /// <summary>Listen on every interface instead of loopback: for a container, never for a shared machine.</summary>
    public bool AnyInterface { get; init; }

    /// <summary>Makes ids, answers, chunk boundaries and fault rates repeat.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The clock behind every delay, timestamp, quota window and token lifetime.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>What is asked of the Authorization header.</summary>
    public BearerCheck Bearer { get; init; } = BearerCheck.Off;

    /// <summary>The project id the metadata server tells.</summary>
    public string ProjectId { get; init; } = "sluice-local";

    /// <summary>Responses name a project by number, also when the request named it by id.</summary>
    public string ProjectNumber { get; init; } = "123456789012";

    /// <summary>The account the metadata server and its tokens speak for.</summary>
    public string ServiceAccount { get; init; } = "emulator@sluice-local.iam.gserviceaccount.com";

    /// <summary>Engines with a fixed template. An id not named here is an AdkApp if it starts with "adk", else a plain agent.</summary>
    public IReadOnlyDictionary<string, EngineTemplate> Engines { get; init; } = new Dictionary<string, EngineTemplate>(StringComparer.Ordinal);

    /// <summary>Answer 404 for an engine that <see cref="Engines"/> does not name.</summary>
    public bool OnlyNamedEngines { get; init; }

    /// <summary>Register the deprecated sync and stream methods of an AdkApp; newer templates drop them.</summary>
    public bool DeprecatedMethods { get; init; } = true;

    /// <summary>How long and how fast the answers are.</summary>
    public AnswerOptions Answer { get; init; } = new();

    /// <summary>The container model; null answers at once.</summary>
    public ColdStartOptions? ColdStart { get; init; }

    /// <summary>The per-minute quotas; null counts nothing.</summary>
    public QuotaOptions? Quota { get; init; }

    /// <summary>Cut stream bodies into HTTP chunks at random places, as the service does.</summary>
    public bool SplitChunks { get; init; }

    /// <summary>Cut every stream after this long, in the middle of an event (the service: 15 min); null never does.</summary>
    public TimeSpan? StreamCap { get; init; }

    /// <summary>How long after it happened an event is seen by those who read the session.</summary>
    public TimeSpan EventLag { get; init; }

    /// <summary>How long a long-running operation stays open.</summary>
    public TimeSpan OperationTime { get; init; } = TimeSpan.Zero;

    /// <summary>How long an access or identity token lasts (Google: one hour).</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromSeconds(3599);

    /// <summary>The largest request body, in bytes.</summary>
    public int MaxRequestBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>Where the emulator's own warnings and errors go; null drops them.</summary>
    public ILoggerProvider? Logs { get; init; }

    /// <summary>How many calls are remembered; the oldest is forgotten first, counters are not touched.</summary>
    public int RetainedCalls { get; init; } = 10_000;

    /// <summary>How many sessions are kept; the oldest is forgotten first.</summary>
    public int RetainedSessions { get; init; } = 100_000;
}

/// <summary>Which Python class the emulated container was deployed from.</summary>
public enum EngineTemplate
{
    /// <summary>A plain agent: <c>query</c> and <c>stream_query</c>.</summary>
    Query,

    /// <summary>An AdkApp: sessions, <c>async_stream_query</c> and their kin.</summary>
    Adk,
}

/// <summary>How strictly the Authorization header is looked at.</summary>
public enum BearerCheck
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Any bearer token that is not empty.</summary>
    Present,

    /// <summary>A token this emulator issued, not revoked, not expired.</summary>
    Issued,
}

/// <summary>The answers' length and pace.</summary>
public sealed record AnswerOptions
{
    /// <summary>Tokens in an answer; null lets the text decide.</summary>
    public int? Tokens { get; init; }

    /// <summary>The wait before each token after the first.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>The wait before the first token.</summary>
    public TimeSpan FirstByte { get; init; }
}

/// <summary>Containers behind an engine: how many, how much each takes, how long one takes to start.</summary>
public sealed record ColdStartOptions
{
    /// <summary>Containers warm from the start (service default 1).</summary>
    public int MinInstances { get; init; } = 1;

    /// <summary>Containers at most (service default 100).</summary>
    public int MaxInstances { get; init; } = 100;

    /// <summary>Calls one container takes at once (service default 9: two per CPU and one).</summary>
    public int Concurrency { get; init; } = 9;

    /// <summary>What the call that starts a container waits (documented average 4.7 s).</summary>
    public TimeSpan Cold { get; init; } = TimeSpan.FromSeconds(4.7);

    /// <summary>What any other call waits (documented average 0.4 s).</summary>
    public TimeSpan Warm { get; init; } = TimeSpan.FromSeconds(0.4);
}

/// <summary>Requests per minute, project and region; null is unlimited. The defaults are the service's own.</summary>
public sealed record QuotaOptions
{
    /// <summary>:query and :streamQuery together.</summary>
    public int? Queries { get; init; } = 90;

    /// <summary>sessions.appendEvent.</summary>
    public int? AppendedEvents { get; init; } = 300;

    /// <summary>Session creates, updates and deletes.</summary>
    public int? SessionWrites { get; init; } = 100;

    /// <summary>Reads of sessions and their events.</summary>
    public int? SessionReads { get; init; } = 10_000;

    /// <summary>Tell how long to wait, which the service does not always do.</summary>
    public bool SendRetryInfo { get; init; }
}
