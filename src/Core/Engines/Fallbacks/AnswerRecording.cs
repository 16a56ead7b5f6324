using System.Buffers;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>Copies the events of an answer while they come, up to <paramref name="mostBytes"/>; of a larger one nothing is kept.</summary>
internal sealed class AnswerRecording(int mostBytes)
{
    private ArrayBufferWriter<byte>? _bytes = new();
    private List<KeptEvent>? _events = [];

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (_bytes is null)
        {
            return;
        }

        var isWithin = raw.Overlaps(text, out var offset);
        if (_bytes.WrittenCount + raw.Length + (isWithin ? 0 : text.Length) > mostBytes)
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

        _events!.Add(new KeptEvent(start, raw.Length, start + offset, text.Length));
    }

    /// <summary>Null when it is too large, or not the whole of what the model had to say.</summary>
    public KeptAnswer? ToAnswer(in EngineOutcome outcome) =>
        _bytes is { WrittenCount: > 0 } && outcome.FinishReason is null or "STOP" && outcome.Fault is null
            ? new KeptAnswer(_bytes!.WrittenSpan.ToArray(), [.. _events!], outcome.Answer, outcome.FinishReason, outcome.ServedBy)
            : null;
}
