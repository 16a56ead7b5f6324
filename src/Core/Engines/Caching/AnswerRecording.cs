using System.Buffers;

namespace Sluice.Core.Engines.Caching;

/// <summary>Copies the events of an answer while they come, up to a number and to bytes; of a larger one nothing is kept.</summary>
internal sealed class AnswerRecording(int mostBytes, int mostEvents)
{
    private ArrayBufferWriter<byte>? _bytes = new();
    private List<KeptEvent>? _events = [];

    /// <summary>It is too large.</summary>
    public bool IsLost => _bytes is null;

    public bool IsEmpty => _events is not { Count: > 0 };

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (_bytes is null)
        {
            return;
        }

        var isWithin = raw.Overlaps(text, out var offset);
        if (_events!.Count == mostEvents || _bytes.WrittenCount + raw.Length + (isWithin ? 0 : text.Length) > mostBytes)
        {
            _bytes = null;
            _events = null;
            return;
        }

        var start = _bytes.WrittenCount;
        _bytes.Write(raw);
        if (!isWithin)
        {
            offset = raw.Length;
            _bytes.Write(text);
        }

        _events.Add(new KeptEvent(start, raw.Length, start + offset, text.Length));
    }

    /// <summary>Says it again, as far as it has come. Not published.</summary>
    public void CopyTo(IEngineTurn turn)
    {
        if (_bytes is not null)
        {
            KeptEvent.CopyTo(turn, _events!, _bytes.WrittenSpan);
        }
    }

    /// <summary>Null when it is too large, or not the whole of what the model had to say, or not what the engine itself said.</summary>
    public KeptAnswer? ToAnswer(in EngineOutcome outcome) =>
        _bytes is { WrittenCount: > 0 } && outcome.FinishReason is null or "STOP" && outcome is { Fault: null, ServedBy: null or { Fallback: null } }
            ? new KeptAnswer(_bytes!.WrittenSpan.ToArray(), [.. _events!], outcome.Answer, outcome.FinishReason, outcome.ServedBy) { UsedTools = outcome.UsedTools }
            : null;
}
