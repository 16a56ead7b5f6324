using Sluice.Core.Engines;

namespace Sluice.Vertex.Recovery;

/// <summary>What is known here of a turn whose end is not.</summary>
internal sealed record TurnMemory
{
    /// <summary>The clocks of two gateways agree better than this, as those who sign and check tokens commonly ask: what is older by more is older.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromMinutes(5);

    /// <summary>What the person said, as <see cref="SessionEvent.Text"/> has it; null when the request has no such message.</summary>
    public required string? Message { get; init; }

    public required StreamedEvents Streamed { get; init; }

    /// <inheritdoc cref="EngineSession.LastInvocation"/>
    public string? LastInvocation { get; init; }

    /// <summary>When the last event was before this turn; null: not known.</summary>
    public DateTimeOffset? LastEventAt { get; init; }

    /// <summary>How much longer ago than thought the turn may have been sent: zero when it was sent from here, for then one clock has measured it.</summary>
    public TimeSpan Skew { get; init; }

    /// <param name="turn">The turn, which was sent from here.</param>
    /// <param name="bound">The engine's session it was sent in, as it is kept; null: it is not, the caller named it.</param>
    /// <param name="streamed">What came.</param>
    public static TurnMemory Of(IEngineTurn turn, EngineSession? bound, StreamedEvents streamed) => new()
    {
        Message = MessageText.Of(turn.Request.Input),
        Streamed = streamed,
        LastInvocation = bound?.LastInvocation,
        LastEventAt = bound?.LastEventAt,
    };

    /// <summary>The same for a turn that another process sent.</summary>
    /// <param name="turn">The turn.</param>
    /// <param name="bound">The engine's session it was sent in, as it was stored: before the turn, or while it ran.</param>
    /// <param name="streamed">What is kept; it is told the turn's name when that alone was stored.</param>
    /// <param name="age">How long ago the turn was sent, as far as two clocks can tell.</param>
    public static TurnMemory OfInterrupted(IInterruptedTurn turn, EngineSession? bound, StreamedEvents streamed, TimeSpan age)
    {
        if (bound?.LastTurn == turn.Id)
        {
            streamed.Identify(bound.LastInvocation, EventStamp.None);
        }

        // What names this turn, or may, is not the turn before it. The last event is this turn's then, or none knows whose, and older by the turn's age is before the turn.
        var isBefore = bound is { LastInvocation: "" } || (bound?.LastTurn is { } last && last != turn.Id);
        return Of(turn, bound, streamed) with
        {
            LastInvocation = isBefore ? bound!.LastInvocation : null,
            LastEventAt = isBefore ? bound!.LastEventAt : bound?.LastEventAt - age - MostSkew,
            Skew = MostSkew,
        };
    }

    public static TimeSpan AgeOf(IInterruptedTurn turn, DateTimeOffset now) => now > turn.StartedAt ? now - turn.StartedAt : TimeSpan.Zero;
}
