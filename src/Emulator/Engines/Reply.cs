using System.Text.Json.Nodes;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>What a call comes to, not yet carried out: a fault may keep it from starting, or from being seen.</summary>
internal abstract record Reply
{
    private Reply()
    {
    }

    /// <summary>An error before anything ran.</summary>
    internal sealed record Failed(ApiError Error) : Reply;

    /// <summary>One value, made when asked for; it may still fail.</summary>
    internal sealed record Value(Func<(JsonNode? Output, ApiError? Error)> Run) : Reply
    {
        /// <summary>The tokens the model needs for it; 0 if no model is asked.</summary>
        public int Tokens { get; init; }

        public bool IsTurn { get; init; }
    }

    /// <summary>Steps of a turn. Taking one carries it out; the first starts the agent and has nothing to send.</summary>
    internal sealed record Steps(IEnumerable<Step> Sequence) : Reply
    {
        /// <summary>Where the turn is written down; null for an agent without sessions.</summary>
        public TurnRecord? Record { get; init; }
    }
}

/// <summary>One line of a stream, or none; and how many tokens of the model's time pass before it.</summary>
internal readonly record struct Step(ReadOnlyMemory<byte> Json, int Tokens)
{
    /// <summary>The agent has started.</summary>
    public static readonly Step Started;

    /// <summary>Time passes before the next step is even made: what the model has not said yet is in no session.</summary>
    public static Step Thinking(int tokens) => new(default, tokens);
}
