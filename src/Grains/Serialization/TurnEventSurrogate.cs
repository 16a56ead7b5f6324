using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.turn-event")]
internal struct TurnEventSurrogate
{
    [Id(0)]
    public long Sequence;

    [Id(1)]
    public byte Kind;

    /// <summary>The engine's event; behind it its text, unless that is a part of it.</summary>
    [Id(2)]
    public byte[]? Bytes;

    [Id(3)]
    public int RawLength;

    [Id(4)]
    public int TextOffset;

    [Id(5)]
    public int TextLength;

    [Id(6)]
    public bool IsLeap;

    [Id(7)]
    public TurnEnd? End;
}

[RegisterConverter]
internal sealed class TurnEventConverter : IConverter<TurnEvent, TurnEventSurrogate>
{
    public TurnEvent ConvertFromSurrogate(in TurnEventSurrogate surrogate) => new()
    {
        Sequence = surrogate.Sequence,
        Kind = (TurnEventKind)surrogate.Kind,
        Raw = surrogate.Bytes.AsMemory(0, surrogate.RawLength),
        Text = surrogate.Bytes.AsMemory(surrogate.TextOffset, surrogate.TextLength),
        IsLeap = surrogate.IsLeap,
        End = surrogate.End,
    };

    public TurnEventSurrogate ConvertToSurrogate(in TurnEvent value)
    {
        var raw = value.Raw.Span;
        var text = value.Text.Span;
        var isPart = raw.Overlaps(text, out var textOffset) || text.IsEmpty;
        byte[]? bytes = null;
        if (!raw.IsEmpty || !text.IsEmpty)
        {
            textOffset = isPart ? textOffset : raw.Length;
            bytes = GC.AllocateUninitializedArray<byte>(isPart ? raw.Length : raw.Length + text.Length);
            raw.CopyTo(bytes);
            text.CopyTo(bytes.AsSpan(textOffset));
        }

        return new TurnEventSurrogate
        {
            Sequence = value.Sequence,
            Kind = (byte)value.Kind,
            Bytes = bytes,
            RawLength = raw.Length,
            TextOffset = textOffset,
            TextLength = text.Length,
            IsLeap = value.IsLeap,
            End = value.End,
        };
    }
}
