namespace Sluice.Core.Engines.Fallbacks;

/// <summary>
/// An engine with what stands in for it, in order. Only while it certainly has not begun the turn: one that may have begun must not be answered twice. If
/// nothing works, the engine's own fault is the turn's.
/// </summary>
internal sealed class FallbackEngine(string name, IEngine engine, IReadOnlyList<IFallback> fallbacks, StaleAnswers? stale) : IEngine
{
    /// <param name="named">The engine, with its fallbacks.</param>
    /// <param name="engines">All engines without their fallbacks, so that no chain leads to another.</param>
    /// <param name="stale">Needed for <see cref="FallbackKind.Stale"/>.</param>
    public static FallbackEngine Of(NamedEngine named, IReadOnlyDictionary<string, IEngine> engines, StaleAnswers? stale)
    {
        var keeps = named.Fallbacks.Any(choice => choice.Kind == FallbackKind.Stale);
        return new FallbackEngine(named.Name, named.Engine, [.. named.Fallbacks.Select(Make)], keeps ? stale : null);

        IFallback Make(FallbackChoice choice) => choice.Kind switch
        {
            FallbackKind.Engine when choice.Value != named.Name && engines.TryGetValue(choice.Value, out var other) => new AnotherEngine(choice.Value, other),
            FallbackKind.Stale when stale is not null => new StaleAnswer(named.Name, stale),
            FallbackKind.Text => new FixedText(named.Name, choice.Value),
            _ => throw new ArgumentException($"'{named.Name}' cannot fall back to {choice}.", nameof(named)),
        };
    }

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) =>
        Questions.Asks(turn.Request) ? GuardAsync(turn, cancellationToken) : engine.RunAsync(turn, cancellationToken);

    private async ValueTask<EngineOutcome> GuardAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        // Before the engine is asked: it may make a session for the turn, and then fail.
        var question = stale is null ? null : Questions.KeyOf(name, turn);
        var watched = new WatchedTurn(turn, question is null ? null : new AnswerRecording(stale!.LargestAnswer));
        var outcome = await engine.RunAsync(watched, cancellationToken);
        if (outcome.Fault is not { } fault)
        {
            if (question is { } key && watched.Recording!.ToAnswer(outcome) is { } answer)
            {
                stale!.Keep(key, answer);
            }

            return outcome;
        }

        if (fault.Retry != RetryVerdict.NotStarted || watched.HasEvents)
        {
            return outcome;
        }

        foreach (var fallback in fallbacks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await fallback.TryAnswerAsync(new Asked(turn, question), cancellationToken) is { } instead)
            {
                Telemetry.FellBack(name, fallback.Kind);
                return instead;
            }
        }

        return outcome;
    }
}
