using System.Text.Unicode;
using Sluice.Core.Engines;
using Sluice.Vertex.Faults;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Answers;

/// <summary>The body of a <c>:query</c> becomes the turn's one event, word for word; its text is its <c>output</c>, when that is a string.</summary>
internal static class QueryAnswer
{
    public static EngineFault? Append(IEngineTurn turn, ReadOnlySpan<byte> value, TimeSpan elapsed)
    {
        using var parser = new EventParser();
        if (parser.Parse(value, final: true) != ParseStatus.Complete || parser.Consumed != value.Length || !Utf8.IsValid(value))
        {
            return new EngineFault(FaultKind.MalformedAnswer, "The engine's answer is not JSON.");
        }

        if (parser.IsError)
        {
            return AnswerFaults.OfLine(value, isFirst: true, elapsed);
        }

        turn.Append(value, parser.Output(value));
        turn.Publish();
        return null;
    }
}
