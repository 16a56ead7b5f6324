namespace Sluice.Core.Engines.Fallbacks;

/// <summary>What may stand in for an engine that cannot be asked.</summary>
public enum FallbackKind : byte
{
    /// <summary>Another engine runs the turn.</summary>
    Engine,

    /// <summary>The last complete answer to the same question.</summary>
    Stale,

    /// <summary>A fixed text.</summary>
    Text,
}

/// <summary>One thing that may stand in for an engine.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">The other engine's configured name, or the text; empty for <see cref="FallbackKind.Stale"/>.</param>
public sealed record FallbackChoice(FallbackKind Kind, string Value = "");
