namespace Sluice.Core.Engines.Fallbacks;

/// <summary>The last complete answer to the same question.</summary>
internal sealed class StaleAnswer(string engine, StaleAnswers answers) : IFallback
{
    public string Kind => "stale";

    public ValueTask<EngineOutcome?> TryAnswerAsync(Asked asked, CancellationToken cancellationToken)
    {
        if (asked.Question is not { } question || answers.Find(question, out var age) is not { } answer)
        {
            return new((EngineOutcome?)null);
        }

        answer.CopyTo(asked.Turn);

        // No tokens: nothing was spent this time.
        return new(new EngineOutcome
        {
            Answer = answer.Shape,
            FinishReason = answer.FinishReason,
            ServedBy = (answer.ServedBy ?? new ServedBy(engine, "")) with { MovedFrom = null, Fallback = Kind, Age = age },
        });
    }
}
