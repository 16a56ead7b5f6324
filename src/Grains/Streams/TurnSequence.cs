using Orleans.Streams;

namespace Sluice.Grains.Streams;

/// <summary>A place in a turn's stream: behind the event of that sequence. A subscription with it gets what comes after, from the log as far as that reaches back.</summary>
[GenerateSerializer, Immutable, Alias("sluice.turn-sequence")]
internal sealed class TurnSequence : StreamSequenceToken
{
    public TurnSequence(long sequence) => SequenceNumber = sequence;

    [Id(0)]
    public override long SequenceNumber { get; protected set; }

    [Id(1)]
    public override int EventIndex { get; protected set; }

    public override bool Equals(StreamSequenceToken? other) => other is TurnSequence && other.SequenceNumber == SequenceNumber;

    public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

    public override int GetHashCode() => SequenceNumber.GetHashCode();

    public override int CompareTo(StreamSequenceToken? other) => other is null ? 1 : SequenceNumber.CompareTo(other.SequenceNumber);
}
