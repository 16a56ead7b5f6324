namespace Sluice.Core.Engines.Caching;

/// <summary>One event of a kept answer. Its text is a slice of the same bytes.</summary>
internal readonly record struct KeptEvent(int Start, int RawLength, int TextStart, int TextLength)
{
    public static void CopyTo(IEngineTurn turn, IReadOnlyList<KeptEvent> events, ReadOnlySpan<byte> bytes)
    {
        foreach (var e in events)
        {
            turn.Append(bytes.Slice(e.Start, e.RawLength), bytes.Slice(e.TextStart, e.TextLength));
        }
    }
}

/// <summary>A complete answer, with its own copy of the events.</summary>
internal sealed record KeptAnswer(ReadOnlyMemory<byte> Bytes, KeptEvent[] Events, AnswerShape Shape, string? FinishReason, ServedBy? ServedBy)
{
    // What the objects around the bytes take, and what they are found by.
    private const int Overhead = 384;
    private const int PerEvent = 16;

    /// <summary>The agent called tools for it.</summary>
    public bool UsedTools { get; init; }

    /// <summary>The engine kept a session for it, and has there what was said.</summary>
    public bool IsInSession { get; init; }

    /// <summary>Of the engine that gave it, where it gave it; null: not known.</summary>
    public string? Revision { get; init; }

    public int Size => Bytes.Length + (Events.Length * PerEvent) + Overhead;

    /// <summary>Says it again. Not published: the end comes right behind, and a reader who gets both at once can tell with the head of a stream what it is.</summary>
    public void CopyTo(IEngineTurn turn)
    {
        turn.IsFree = true;
        KeptEvent.CopyTo(turn, Events, Bytes.Span);
    }

    /// <summary>How a turn ends that it was given to.</summary>
    /// <param name="engine">That was asked.</param>
    /// <param name="age">Of this.</param>
    public EngineOutcome ToOutcome(string engine, TimeSpan age) => new()
    {
        Answer = Shape,
        FinishReason = FinishReason,
        Usage = TokenUsage.None,
        ServedBy = (ServedBy ?? new ServedBy(engine, "")) with { MovedFrom = null, Age = age },
    };
}
