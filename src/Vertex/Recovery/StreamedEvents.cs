using System.Text;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Recovery;

/// <summary>What a stream has shown of its turn: the name the engine has for the turn, and which of its events came. Kept for every turn, so it keeps little.</summary>
internal sealed class StreamedEvents
{
    /// <summary>Whole events of one turn, far more than an agent's steps; behind the bound a turn cannot be recovered.</summary>
    private const int Most = 4096;

    private List<StreamedEvent>? _whole;

    /// <summary>The engine's <c>invocation_id</c>; null until an event says it.</summary>
    public string? Invocation { get; private set; }

    public EventStamp LastAt { get; private set; }

    /// <summary>Something came, with an invocation's name or without.</summary>
    public bool Any { get; private set; }

    /// <summary>Those that are kept in the engine's session: a partial one comes again as a whole.</summary>
    public IReadOnlyList<StreamedEvent> Whole => _whole ?? [];

    /// <summary>More came than is remembered, or something without a name of its own and without a time.</summary>
    public bool IsIncomplete { get; private set; }

    /// <summary>The engine's session told what the stream did not.</summary>
    public void Identify(string? invocation, EventStamp lastAt)
    {
        Invocation ??= invocation;
        LastAt = lastAt.IsKnown ? lastAt : LastAt;
    }

    /// <summary>Something came that is not known any more.</summary>
    public void Lose() => Any = IsIncomplete = true;

    public void Note(EventParser parser, ReadOnlySpan<byte> value)
    {
        Any = true;
        if (!parser.IsAgentEvent)
        {
            return;
        }

        if (Invocation is null && parser.Invocation(value) is { Length: > 2 } invocation)
        {
            Invocation = Encoding.UTF8.GetString(invocation[1..^1]);
        }

        var at = EventStamp.Of(parser.Timestamp);
        if (at.IsKnown)
        {
            LastAt = at;
        }

        if (parser.IsPartial)
        {
            return;
        }

        var id = parser.Id(value);
        if (_whole?.Count == Most || (id.Length <= 2 && !at.IsKnown))
        {
            IsIncomplete = true;
            return;
        }

        (_whole ??= []).Add(new StreamedEvent(id.Length > 2 ? StreamedEvent.HashOf(id[1..^1]) : 0, at));
    }
}
