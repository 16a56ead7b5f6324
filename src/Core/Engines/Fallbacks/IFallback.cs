using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>Stands in for an engine that certainly did not begin the turn.</summary>
internal interface IFallback
{
    /// <summary>Its kind as a metric's label: one of three words.</summary>
    string Kind { get; }

    /// <summary>Answers the turn, or did nothing at all and returns null: the next one may try.</summary>
    ValueTask<EngineOutcome?> TryAnswerAsync(Asked asked, CancellationToken cancellationToken);
}

/// <summary>What an engine was asked and could not begin.</summary>
/// <param name="Turn">Has no events yet.</param>
/// <param name="Question">What the turn asks; null when its answer depends on what was said before it, or nobody keeps answers.</param>
internal readonly record struct Asked(IEngineTurn Turn, QuestionKey? Question);
