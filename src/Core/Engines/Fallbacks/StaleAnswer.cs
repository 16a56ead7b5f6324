using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>The last complete answer to the same question.</summary>
internal sealed class StaleAnswer(string engine, AnswerCache cache) : IFallback
{
    public string Kind => "stale";

    public ValueTask<EngineOutcome?> TryAnswerAsync(Asked asked, CancellationToken cancellationToken)
    {
        if (asked.Question is not { } question || cache.Find(question, out var age) is not { } answer || age > cache.Policy.StaleIfError)
        {
            return new((EngineOutcome?)null);
        }

        answer.CopyTo(asked.Turn);
        var outcome = answer.ToOutcome(engine, age);
        return new(outcome with { ServedBy = outcome.ServedBy! with { Fallback = Kind } });
    }
}
