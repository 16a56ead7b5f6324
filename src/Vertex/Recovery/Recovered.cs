using Sluice.Core.Engines;

namespace Sluice.Vertex.Recovery;

/// <summary>What was found out about a turn.</summary>
/// <param name="Judgement">What its session says.</param>
/// <param name="Finding">For a person: what is known of it.</param>
internal readonly record struct Recovered(TurnJudgement Judgement, string Finding)
{
    public static Recovered Nothing { get; } = new(TurnJudgement.Nothing, "The engine's session could not be read in time.");

    public static Recovered Of(TurnJudgement judgement) => new(judgement, judgement switch
    {
        { Fate: TurnFate.Finished } => "The engine's session has the end of the turn.",
        { Fate: TurnFate.NeverStarted } => "The engine's session shows that the turn did not start.",
        { Invocation: null } => "The engine's session does not tell whether the turn ran.",
        _ => "The engine's session shows that the turn began, and not how it ended.",
    });

    /// <summary>The same, as far as it is certain when looking has to stop here.</summary>
    public Recovered Unsettled() => Judgement.Fate == TurnFate.Underway ? this : Of(Judgement with { Fate = TurnFate.Underway, Missing = [] });

    /// <summary>The same, when the last look saw nothing.</summary>
    public Recovered Unread(EngineFault fault) => new(Judgement with { Fate = TurnFate.Underway, Missing = [] }, $"The engine's session could not be read ({fault.Code}).");
}
