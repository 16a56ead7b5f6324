namespace Sluice.Emulator.Control;

/// <summary>What to do with a call, and with which calls. Queued scripts are tried in order; the first that matches is the call's only one.</summary>
public sealed record Script
{
    /// <summary>Only calls to this engine id.</summary>
    public string? Engine { get; init; }

    /// <summary>Only this <see cref="Control.Verb"/>; null means <c>query</c> and <c>streamQuery</c>.</summary>
    public string? Verb { get; init; }

    /// <summary>Only this class method, as named by the request.</summary>
    public string? ClassMethod { get; init; }

    /// <summary>Only calls whose message contains this.</summary>
    public string? MessageContains { get; init; }

    /// <summary>Leave the first calls that match alone and begin with this one, counted from 1.</summary>
    public int Nth { get; init; } = 1;

    /// <summary>How many calls to act on; 0 is all of them.</summary>
    public int Times { get; init; } = 1;

    /// <summary>The share of matching calls to act on, drawn from the emulator's seed.</summary>
    public double Rate { get; init; } = 1;

    /// <summary>What goes wrong.</summary>
    public Fault Fault { get; init; }

    /// <summary>What may go wrong: one of these, drawn for each call from the emulator's seed, instead of <see cref="Fault"/>.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Events sent whole before a fault in the middle of a stream.</summary>
    public int After { get; init; } = 1;

    /// <summary>A wait before the first byte; for <see cref="Fault.Stall"/> and <see cref="Fault.Cap"/> their length instead.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Sends RetryInfo with <see cref="Fault.Quota"/>.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>The quota_limit_value of <see cref="Fault.Quota"/>; 0 is a quota nobody ever gets.</summary>
    public int QuotaLimit { get; init; } = 90;

    /// <summary>The code of <see cref="Fault.ClosedLine"/> and <see cref="Fault.LateError"/>.</summary>
    public int LineCode { get; init; } = 498;

    /// <summary>The text inside an agent exception, a container's details, or an {"error": ...} line.</summary>
    public string? ErrorText { get; init; }

    /// <summary>Wrap an error envelope in a one-element array, as some front ends do for streams.</summary>
    public bool WrapError { get; init; }

    /// <summary>How far the agent gets, seen from the session, when the caller does not get the whole answer; null is what the fault implies.</summary>
    public TurnReach? Turn { get; init; }

    /// <summary>How long the agent takes for what is left of its turn when nobody listens any more, with <see cref="TurnReach.Continues"/>.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long after they happened this turn's events are seen by those who read the session, instead of the options'.</summary>
    public TimeSpan? EventLag { get; init; }

    /// <summary>Where the response waits for a gate.</summary>
    public IReadOnlyList<Hold> Holds { get; init; } = [];

    /// <summary>How events are framed; the service itself only ever sends <see cref="Framing.Ndjson"/>.</summary>
    public Framing Framing { get; init; }

    /// <summary>Cut the body into HTTP chunks at random places, or not; null leaves it to the options.</summary>
    public bool? Split { get; init; }

    /// <summary>Tokens in the answer, instead of the options'.</summary>
    public int? Tokens { get; init; }

    /// <summary>The wait before each further token, instead of the options'.</summary>
    public TimeSpan? Gap { get; init; }

    /// <summary>The answer's text, instead of the model's.</summary>
    public string? Text { get; init; }

    /// <summary>Raw JSON answered as <c>output</c> of a unary call, instead of the agent's.</summary>
    public string? Output { get; init; }

    /// <summary>Raw events streamed instead of the agent's, byte for byte.</summary>
    public IReadOnlyList<string>? Lines { get; init; }
}

/// <summary>How far a turn gets inside the engine although its caller sees less.</summary>
public enum TurnReach
{
    /// <summary>The agent never starts: nothing is in the session.</summary>
    NotStarted,

    /// <summary>The user's message is in the session, and what was produced until the cut.</summary>
    Cut,

    /// <summary>The agent finishes unseen, at once: the whole turn is in the session.</summary>
    Completed,

    /// <summary>The agent goes on unseen and finishes <see cref="Script.Rest"/> later; its events appear one by one until then.</summary>
    Continues,
}

/// <summary>How a stream's events are told apart.</summary>
public enum Framing
{
    /// <summary>One per line, as the service does.</summary>
    Ndjson,

    /// <summary>Server-sent events.</summary>
    Sse,

    /// <summary>One after the other with nothing between.</summary>
    Concatenated,

    /// <summary>One JSON array over the whole stream.</summary>
    JsonArray,
}

/// <summary>A place in a response where it waits for a <see cref="Control.Gate"/>.</summary>
/// <param name="Gate">The gate's name.</param>
/// <param name="Before">0 is before the headers, n before the nth event (headers are sent), <see cref="int.MaxValue"/> before the end.</param>
public sealed record Hold(string Gate, int Before)
{
    public static Hold BeforeHeaders(string gate) => new(gate, 0);

    public static Hold BeforeEvent(int number, string gate) => new(gate, number);

    public static Hold BeforeEnd(string gate) => new(gate, int.MaxValue);
}

/// <summary>The kinds of call, as scripts and the call log name them.</summary>
public static class Verb
{
    public const string Query = "query";
    public const string StreamQuery = "streamQuery";
    public const string EngineGet = "engine.get";
    public const string SessionCreate = "sessions.create";
    public const string SessionGet = "sessions.get";
    public const string SessionList = "sessions.list";
    public const string SessionPatch = "sessions.patch";
    public const string SessionDelete = "sessions.delete";
    public const string SessionEvents = "sessions.events";
    public const string SessionAppendEvent = "sessions.appendEvent";
    public const string OperationGet = "operations.get";
    public const string Memories = "memories";
    public const string Metadata = "metadata";
    public const string AccessToken = "token.access";
    public const string IdentityToken = "token.identity";
    public const string OAuthToken = "token.oauth";
    public const string Certificates = "certs";
}
