using Sluice.Core.Turns;

namespace Sluice.Core.Engines;

/// <summary>A session that an engine keeps for one of ours.</summary>
/// <param name="Engine">Configured name of the engine.</param>
/// <param name="Region">Which of its regions holds it: no other knows it.</param>
/// <param name="Id">The engine's own id.</param>
public sealed record EngineSession(string Engine, string Region, string Id)
{
    /// <summary>
    /// The engine's name (<c>invocation_id</c>) for the turn that ran last, to tell its events from those of the next. Empty: nothing was said before; null: not known.
    /// </summary>
    public string? LastInvocation { get; init; }

    /// <summary>When the last event of that turn was, by the engine's clock.</summary>
    public DateTimeOffset? LastEventAt { get; init; }

    /// <summary>Which of our turns <see cref="LastInvocation"/> names: it is learnt while that turn runs, so it may be the very one that was interrupted. Null: not known.</summary>
    public TurnId? LastTurn { get; init; }
}
