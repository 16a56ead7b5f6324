using Sluice.Core.Turns;

namespace Sluice.Core.Engines;

/// <summary>The agent behind the gateway.</summary>
public interface IEngine
{
    /// <summary>
    /// Runs one turn: calls the engine, appends its events, and says how it ended. What can be expected to fail is returned as a fault;
    /// <see cref="OperationCanceledException"/> is thrown for <paramref name="cancellationToken"/> alone, by when the engine has been told.
    /// </summary>
    ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken);

    /// <summary>
    /// Finishes a turn that was interrupted: from what the engine itself keeps of it, or by running it when it certainly never began. An engine that cannot be asked leaves it
    /// <see cref="FaultKind.Interrupted"/>.
    /// </summary>
    ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) =>
        new(EngineOutcome.Failed(new EngineFault(FaultKind.Interrupted, "The gateway stopped while the turn ran.")));

    /// <summary>Which version of it answers in a region, as far as that is known now: another word is another version. Null: not known.</summary>
    string? RevisionIn(string region) => null;
}

/// <summary>What an engine sees of a turn. Called by one thread at a time.</summary>
public interface IEngineTurn
{
    TurnId Id { get; }

    TurnRequest Request { get; }

    /// <summary>The engine's name for the person speaking in this session.</summary>
    string UserId { get; }

    /// <summary>
    /// False: another process may have taken the turn over. To be asked right before the engine is called, each time: then it must not be called for this turn any more.
    /// </summary>
    bool IsHeld { get; }

    /// <summary>The same, once that is certain: when it is not now, because the store cannot be reached, it is waited for. False: it is not, or that cannot be found out.</summary>
    ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => new(IsHeld);

    /// <summary>No turn was in its session before it, as far as that is known: nothing that was said before can matter to its answer.</summary>
    bool IsFirst { get; }

    /// <summary>The session that the engine of this name keeps for ours; null until <see cref="BindEngineSession"/>.</summary>
    EngineSession? EngineSessionAt(string engine);

    /// <summary>Keeps an engine's session with ours, for its later turns, in place of the one that engine had.</summary>
    void BindEngineSession(EngineSession session);

    /// <summary>Lets go of an engine's session that was bound by this turn: another goes on in it.</summary>
    void ReleaseEngineSession(EngineSession session);

    /// <summary>Appends one event to the turn log, copying it.</summary>
    /// <param name="raw">The engine's event as it came: one JSON value.</param>
    /// <param name="text">The part of it a person reads, as a JSON string literal with its quotes, best a slice of <paramref name="raw"/>; or empty.</param>
    void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text);

    /// <summary>
    /// What is appended takes nothing of what the turn's caller may have: it was said before, for another turn, or by no engine. Set before it is appended; false until then.
    /// </summary>
    bool IsFree { get; set; }

    /// <summary>Model tokens the turn has taken so far, whenever the engine tells: what counts against a budget while it runs. Before <see cref="Publish"/>.</summary>
    void Report(TokenUsage soFar);

    /// <summary>Wakes the readers: once for all events that arrived together, on this very thread.</summary>
    void Publish();
}
