using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>
/// An engine with what stands in for it, in order. Only while it certainly has not begun the turn: one that may have begun must not be answered twice. If
/// nothing works, the engine's own fault is the turn's.
/// </summary>
internal sealed class FallbackEngine(string name, IEngine engine, IReadOnlyList<IFallback> fallbacks, AnswerCache? cache) : IEngine
{
    /// <param name="named">The engine, with its fallbacks.</param>
    /// <param name="engines">All engines without their fallbacks, so that no chain leads to another.</param>
    /// <param name="cache">Needed for <see cref="FallbackKind.Stale"/>.</param>
    public static FallbackEngine Of(NamedEngine named, IReadOnlyDictionary<string, IEngine> engines, AnswerCache? cache)
    {
        var keeps = named.Fallbacks.Any(choice => choice.Kind == FallbackKind.Stale);
        return new FallbackEngine(named.Name, named.Engine, [.. named.Fallbacks.Select(Make)], keeps ? cache : null);

        IFallback Make(FallbackChoice choice) => choice.Kind switch
        {
            FallbackKind.Engine when choice.Value != named.Name && engines.TryGetValue(choice.Value, out var other) => new AnotherEngine(choice.Value, other),
            FallbackKind.Stale when cache is not null => new StaleAnswer(named.Name, cache),
            FallbackKind.Text => new FixedText(named.Name, choice.Value),
            _ => throw new ArgumentException($"'{named.Name}' cannot fall back to {choice}.", nameof(named)),
        };
    }

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) =>
        Questions.Asks(turn.Request) ? GuardAsync(turn, cancellationToken) : engine.RunAsync(turn, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) =>
        !Questions.Asks(turn.Request) ? engine.ResumeAsync(turn, cancellationToken)
        : fallbacks.Any(fallback => fallback is AnotherEngine) && !Questions.NamesOwnSession(turn.Request.Input) ? ResumeAmongAsync(turn, cancellationToken)
        : ResumeGuardedAsync(turn, cancellationToken);

    private async ValueTask<EngineOutcome> ResumeGuardedAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        var watched = new WatchedInterruptedTurn(turn, mayRun: true);
        var outcome = await engine.ResumeAsync(watched, cancellationToken);
        return outcome.Fault is { Retry: RetryVerdict.NotStarted } && !watched.HasEvents && turn.Kept.Count == 0 && !turn.HasDropped
            ? await StandInAsync(turn, QuestionOf(turn), outcome, cancellationToken)
            : outcome;
    }

    // The turn may have been at this engine or at one that stood in for it: it is begun again only when none of them has it.
    private async ValueTask<EngineOutcome> ResumeAmongAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        var first = await engine.ResumeAsync(new WatchedInterruptedTurn(turn, mayRun: false), cancellationToken);
        if (first.Fault is not { } fault)
        {
            return first;
        }

        var hasNone = fault.Retry == RetryVerdict.NotStarted;
        foreach (var other in fallbacks.OfType<AnotherEngine>())
        {
            var outcome = await other.ResumeAsync(new WatchedInterruptedTurn(turn, mayRun: false), cancellationToken);
            if (outcome.Fault is null)
            {
                return outcome;
            }

            // What is left to be said is the worst that may have happened.
            var isLeft = outcome.Fault.Retry != RetryVerdict.NotStarted;
            first = isLeft && (hasNone || outcome.Fault.Started) ? outcome : first;
            hasNone &= !isLeft;
        }

        return hasNone && await turn.HoldAsync(cancellationToken) ? await GuardAsync(turn, cancellationToken) : first;
    }

    private async ValueTask<EngineOutcome> GuardAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        // Before the engine is asked: it may make a session for the turn, and then fail.
        var question = QuestionOf(turn);
        var watched = new WatchedTurn(turn);
        var outcome = await engine.RunAsync(watched, cancellationToken);
        return outcome.Fault is { Retry: RetryVerdict.NotStarted } && !watched.HasEvents ? await StandInAsync(turn, question, outcome, cancellationToken) : outcome;
    }

    private QuestionKey? QuestionOf(IEngineTurn turn) => cache is null ? null : Questions.KeyOf(name, turn, cache.Policy.PerUser);

    // The engine certainly did not begin the turn.
    private async ValueTask<EngineOutcome> StandInAsync(IEngineTurn turn, QuestionKey? question, EngineOutcome outcome, CancellationToken cancellationToken)
    {
        foreach (var fallback in fallbacks)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // Then it is another process that has the turn and answers it.
            if (!await turn.HoldAsync(cancellationToken))
            {
                return outcome;
            }

            if (await fallback.TryAnswerAsync(new Asked(turn, question), cancellationToken) is { } instead)
            {
                Telemetry.FellBack(name, fallback.Kind);
                return instead;
            }
        }

        return outcome;
    }
}
