using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Caching;

/// <summary>A turn's place at another's call to the engine. Its result is how the turn ends; null when it has to ask by itself.</summary>
/// <param name="turn">The turn.</param>
/// <param name="isStateless">It may be answered from a session that is not its own.</param>
internal sealed class Seat(IEngineTurn turn, bool isStateless) : TaskCompletionSource<EngineOutcome?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public IEngineTurn Turn => turn;

    public bool IsStateless => isStateless;

    /// <summary>It is given the events as they come.</summary>
    public bool IsLive { get; } = turn.Request.Delivery == Delivery.Streamed;

    /// <summary>It has been shown events: it cannot ask by itself any more.</summary>
    public bool HasBegun { get; set; }
}
