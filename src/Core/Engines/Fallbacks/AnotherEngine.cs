using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>Another engine runs the turn, with its own pipeline and without its own fallbacks.</summary>
internal sealed class AnotherEngine(string name, IEngine engine) : IFallback
{
    private readonly string _mark = $"engine={name}";

    public string Kind => "engine";

    public async ValueTask<EngineOutcome?> TryAnswerAsync(Asked asked, CancellationToken cancellationToken)
    {
        // The other engine does not have that session.
        if (Questions.NamesOwnSession(asked.Turn.Request.Input))
        {
            return null;
        }

        var watched = new WatchedTurn(asked.Turn);
        var outcome = await engine.RunAsync(watched, cancellationToken);
        if (outcome.Fault is { } fault && !watched.HasEvents && CannotHaveBegun(fault))
        {
            return null;
        }

        // Also when it failed: it may have acted, so its fault is the truth about the turn and the first engine's, which says that nothing was done, is not.
        return Marked(outcome);
    }

    /// <summary>Finishes a turn that may have been given to the other engine.</summary>
    public async ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) =>
        Marked(await engine.ResumeAsync(turn, cancellationToken));

    private EngineOutcome Marked(in EngineOutcome outcome) => outcome with { ServedBy = (outcome.ServedBy ?? new ServedBy(name, "")) with { Fallback = _mark } };

    private static bool CannotHaveBegun(EngineFault fault) => fault.Retry == RetryVerdict.NotStarted
        || (!fault.Started && fault.Kind is FaultKind.NotConfigured or FaultKind.Unauthenticated or FaultKind.PermissionDenied
            or FaultKind.EngineNotFound or FaultKind.InvalidRequest);
}
