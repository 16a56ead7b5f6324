namespace Sluice.Core.Engines.Fallbacks;

/// <summary>One event of a kept answer. Its text is a slice of the same bytes.</summary>
internal readonly record struct KeptEvent(int Start, int RawLength, int TextStart, int TextLength);

/// <summary>A complete answer, with its own copy of the events.</summary>
internal sealed record KeptAnswer(ReadOnlyMemory<byte> Bytes, KeptEvent[] Events, AnswerShape Shape, string? FinishReason, ServedBy? ServedBy)
{
    // What the objects around the bytes take, roughly.
    private const int Overhead = 256;
    private const int PerEvent = 16;

    public int Size => Bytes.Length + (Events.Length * PerEvent) + Overhead;

    /// <summary>Says it again. Not published: the end comes right behind, and a reader who gets both at once can tell with the head of a stream what it is.</summary>
    public void CopyTo(IEngineTurn turn)
    {
        foreach (var e in Events)
        {
            turn.Append(Bytes.Span.Slice(e.Start, e.RawLength), Bytes.Span.Slice(e.TextStart, e.TextLength));
        }
    }
}
