namespace Sluice.Core.Engines;

/// <summary>What the events of a completed turn make together.</summary>
public enum AnswerShape : byte
{
    /// <summary>The only delta is the engine's answer, word for word.</summary>
    Verbatim,

    /// <summary>The texts of the deltas, joined.</summary>
    Text,

    /// <summary>A list of the deltas: they have no common text.</summary>
    Events,
}

/// <summary>Model tokens as the engine reported them (OpenTelemetry <c>gen_ai.usage.*</c>).</summary>
public sealed record TokenUsage(long InputTokens, long OutputTokens, long CachedInputTokens = 0)
{
    /// <summary>Of an answer that was there already: this time, nothing was spent.</summary>
    public static TokenUsage None { get; } = new(0, 0);

    /// <summary>The engine reported nothing, and the gateway has made it of the bytes of text that were said: good for a budget, and for no invoice.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>What counts against a budget. Cached tokens are among the input's.</summary>
    internal long Total => InputTokens + OutputTokens;
}

/// <summary>How a call to the engine ended: with a fault, or with an answer whose events were appended.</summary>
public readonly record struct EngineOutcome
{
    public EngineFault? Fault { get; init; }

    public AnswerShape Answer { get; init; }

    public string? FinishReason { get; init; }

    /// <summary>Also set on a fault, when the engine reported usage before it.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Null: no engine was reached.</summary>
    public ServedBy? ServedBy { get; init; }

    /// <summary>The agent called tools on the way, as far as its events tell.</summary>
    public bool UsedTools { get; init; }

    /// <summary>The engine gives the same events whether it is asked for one answer or for events as they come.</summary>
    public bool IsForAnyDelivery { get; init; }

    public static EngineOutcome Failed(EngineFault fault) => new() { Fault = fault };
}
