using System.Buffers;
using System.Text.Json;
using Sluice.Api.Problems;
using Sluice.Api.Streaming;
using Sluice.Core.Engines;
using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Api.Answers;

/// <summary>Makes one answer of a turn that has ended.</summary>
internal static class InvokeAnswer
{
    private static readonly Problem TooLarge =
        new(502, "answer_too_large", "The answer is larger than the gateway holds for one turn. Ask for a stream to receive it as it comes.");

    /// <summary>The end has come: everything there is can be read. Returns the answer, or why there is none; in either case where it comes from.</summary>
    public static Problem? TryMake(ITurnReader reader, StreamFormat format, out ReadOnlyMemory<byte> answer, out ServedBy? origin)
    {
        var deltas = new Deltas();
        answer = default;
        origin = null;
        var end = ReadAll(reader, ref deltas, out var isWhole);
        origin = end.ServedBy;
        if (end.State != TurnState.Completed)
        {
            return ProblemTable.Of(end);
        }

        if (!isWhole)
        {
            return TooLarge;
        }

        answer = end.Answer switch
        {
            AnswerShape.Verbatim => deltas.First.Raw,
            AnswerShape.Text when format == StreamFormat.Chunks => Output(end, deltas, WriteText),
            _ => Output(end, deltas, WriteEvents),
        };
        return null;
    }

    // Behind a gap, what is left of the answer is not the answer.
    private static TurnEnd ReadAll(ITurnReader reader, ref Deltas deltas, out bool isWhole)
    {
        isWhole = true;
        EventBatch batch = default;
        Span<TurnEvent> events = batch;
        while (reader.Read(events) is var count and > 0)
        {
            foreach (ref readonly var next in events[..count])
            {
                switch (next.Kind)
                {
                    case TurnEventKind.Delta:
                        deltas.Add(next);
                        break;
                    case TurnEventKind.Gap:
                        isWhole &= next.IsLeap;
                        break;
                    case TurnEventKind.Completed or TurnEventKind.Error:
                        return next.End!;
                }
            }
        }

        throw new InvalidOperationException("The turn has no end yet.");
    }

    private static ReadOnlyMemory<byte> Output(TurnEnd end, Deltas deltas, Action<Utf8JsonWriter, Deltas> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WritePropertyName("output"u8);
        write(json, deltas);
        TurnJson.WriteOutcome(json, end);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    // Literals are joined without being read: what is inside their quotes stays as the engine wrote it, escapes included.
    private static void WriteText(Utf8JsonWriter json, Deltas deltas)
    {
        var length = 2;
        foreach (var delta in deltas)
        {
            length += Math.Max(0, delta.Text.Length - 2);
        }

        var literal = new byte[length];
        literal[0] = literal[^1] = (byte)'"';
        var rest = literal.AsSpan(1);
        foreach (var delta in deltas)
        {
            if (!delta.Text.IsEmpty)
            {
                var inside = delta.Text.Span[1..^1];
                inside.CopyTo(rest);
                rest = rest[inside.Length..];
            }
        }

        json.WriteRawValue(literal, skipInputValidation: true);
    }

    private static void WriteEvents(Utf8JsonWriter json, Deltas deltas)
    {
        json.WriteStartArray();
        foreach (var delta in deltas)
        {
            json.WriteRawValue(delta.Raw.Span, skipInputValidation: true);
        }

        json.WriteEndArray();
    }

    /// <summary>Most answers are one delta: the list comes with the second.</summary>
    private struct Deltas
    {
        private List<TurnEvent>? _all;
        private bool _any;

        public TurnEvent First { get; private set; }

        public void Add(in TurnEvent delta)
        {
            if (!_any)
            {
                First = delta;
                _any = true;
                return;
            }

            _all ??= [First];
            _all.Add(delta);
        }

        public readonly List<TurnEvent>.Enumerator GetEnumerator() => (_all ?? (_any ? [First] : [])).GetEnumerator();
    }
}
