namespace Sluice.Core.Engines;

/// <summary>A turn that was given to its engine by a process that is no more, or that had to let go of it.</summary>
public interface IInterruptedTurn : IEngineTurn
{
    /// <summary>When the engine was given the turn, by the clock of that process.</summary>
    DateTimeOffset StartedAt { get; }

    /// <summary>The engine's events that are kept, in order, each as it came. The turn's readers may have seen more.</summary>
    IReadOnlyList<ReadOnlyMemory<byte>> Kept { get; }

    /// <summary>Events that came before the first of <see cref="Kept"/> were dropped at the log's bound.</summary>
    bool HasDropped { get; }

    /// <summary>
    /// To be called before anything is appended, when what is going to be appended is, event by event, what the engine's stream brought or would have brought next: then it
    /// is numbered on from what is kept, and a reader that saw more than that goes on where it was. Else the numbers leap, and every reader is told that it may have
    /// missed something.
    /// </summary>
    void ContinueExactly();
}
