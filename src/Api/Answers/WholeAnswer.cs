using Sluice.Api.Problems;
using Sluice.Api.Streaming;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>What the events of a turn that has ended make together.</summary>
internal struct WholeAnswer
{
    private static readonly Problem TooLarge =
        new(502, "answer_too_large", "The answer is larger than the gateway holds for one turn. Ask for a stream to receive it as it comes.");

    private List<TurnEvent>? _all;
    private TurnEvent _first;
    private bool _any;

    /// <summary>How the turn ended.</summary>
    public TurnEnd End { get; private set; }

    /// <summary>The engine's one answer, word for word, where <see cref="TurnEnd.Answer"/> is that it gave one.</summary>
    public readonly ReadOnlyMemory<byte> Verbatim => _first.Raw;

    /// <summary>The end has come: everything there is can be read.</summary>
    /// <returns>Why there is no answer; null when there is. How the turn ended is known in either case.</returns>
    public static Problem? Read(ITurnReader reader, out WholeAnswer answer)
    {
        answer = default;
        var isWhole = answer.ReadAll(reader);
        return answer.End.State != TurnState.Completed ? ProblemTable.Of(answer.End) : isWhole ? null : TooLarge;
    }

    /// <summary>The texts joined, as one JSON string with its quotes: what is inside their own stays as the engine wrote it, escapes included.</summary>
    public readonly byte[] Text()
    {
        var length = 2;
        foreach (var delta in this)
        {
            length += Math.Max(0, delta.Text.Length - 2);
        }

        var literal = new byte[length];
        literal[0] = literal[^1] = (byte)'"';
        var rest = literal.AsSpan(1);
        foreach (var delta in this)
        {
            if (!delta.Text.IsEmpty)
            {
                var inside = delta.Text.Span[1..^1];
                inside.CopyTo(rest);
                rest = rest[inside.Length..];
            }
        }

        return literal;
    }

    /// <summary>The engine's events.</summary>
    public readonly List<TurnEvent>.Enumerator GetEnumerator() => (_all ?? (_any ? [_first] : [])).GetEnumerator();

    // Behind a gap, what is left of the answer is not the answer.
    private bool ReadAll(ITurnReader reader)
    {
        var isWhole = true;
        EventBatch batch = default;
        Span<TurnEvent> events = batch;
        while (reader.Read(events) is var count and > 0)
        {
            foreach (ref readonly var next in events[..count])
            {
                switch (next.Kind)
                {
                    case TurnEventKind.Delta:
                        Add(next);
                        break;
                    case TurnEventKind.Gap:
                        isWhole &= next.IsLeap;
                        break;
                    case TurnEventKind.Completed or TurnEventKind.Error:
                        End = next.End!;
                        return isWhole;
                }
            }
        }

        throw new InvalidOperationException("The turn has no end yet.");
    }

    // Most answers are one delta: the list comes with the second.
    private void Add(in TurnEvent delta)
    {
        if (!_any)
        {
            _first = delta;
            _any = true;
            return;
        }

        _all ??= [_first];
        _all.Add(delta);
    }
}
