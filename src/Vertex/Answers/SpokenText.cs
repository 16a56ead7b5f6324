using Sluice.Vertex.Dialects;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Answers;

/// <summary>
/// What each event adds to the text. An agent with token streaming says a message in partial events and then once more as a whole; the whole then adds
/// nothing, or what is longer in it.
/// </summary>
internal sealed class SpokenText : IDisposable
{
    /// <summary>Agents talking at the same time. At the bound the one that began first is forgotten, and its whole message would come twice.</summary>
    private const int MostVoices = 32;

    private readonly List<Voice> _voices = [];
    private readonly PooledBytes _rest = new();

    /// <param name="parser">Has read the event.</param>
    /// <param name="value">The event.</param>
    /// <param name="isTranscribed">It was not written by the one who wrote those before: the same text may be other bytes.</param>
    /// <returns>The text as a literal with its quotes, or nothing; good until the next call.</returns>
    public ReadOnlySpan<byte> Next(EventParser parser, ReadOnlySpan<byte> value, bool isTranscribed = false)
    {
        var literal = parser.Text(value);
        if (!parser.IsAgentEvent)
        {
            return literal;
        }

        if (parser.IsPartial)
        {
            if (parser.HasText)
            {
                Of(parser.Author(value), orNew: true)!.Said.Append(literal[1..^1]);
            }

            return literal;
        }

        var voice = _voices.Count == 0 ? null : Of(parser.Author(value), orNew: false);
        if (voice is null || voice.Said.Length == 0)
        {
            return literal;
        }

        if (!parser.HasText)
        {
            // A tool call, perhaps: what is said from here on may be repeated without what was said before.
            voice.From = voice.Said.Length;
            return literal;
        }

        var said = voice.Said.Written;
        var sinceThen = said[voice.From..];
        var rest = Unsaid(literal, sinceThen.IsEmpty ? said : sinceThen, isTranscribed);
        if (rest.Length == literal.Length && !sinceThen.IsEmpty)
        {
            rest = Unsaid(literal, said, isTranscribed);
        }

        voice.Said.Clear();
        voice.From = 0;
        return rest;
    }

    public void Dispose()
    {
        foreach (var voice in _voices)
        {
            voice.Said.Dispose();
        }

        _rest.Dispose();
    }

    // Both are the insides of literals by the same writer, so equal text is equal bytes, and no escape is cut in half at the end of the shorter.
    private ReadOnlySpan<byte> Unsaid(ReadOnlySpan<byte> literal, ReadOnlySpan<byte> said, bool isTranscribed)
    {
        if (isTranscribed)
        {
            var (one, other) = (JsonText.Value(literal), JsonText.Value([(byte)'"', .. said, (byte)'"']));
            return one is null || other is null || !one.StartsWith(other, StringComparison.Ordinal) ? literal
                : one.Length == other.Length ? default : JsonText.Literal(one[other.Length..]);
        }

        if (!literal[1..^1].StartsWith(said))
        {
            return literal;
        }

        var rest = literal[(1 + said.Length)..];
        if (rest.Length == 1)
        {
            return default;
        }

        _rest.Clear();
        _rest.Append((byte)'"');
        _rest.Append(rest);
        return _rest.Written;
    }

    private Voice? Of(ReadOnlySpan<byte> author, bool orNew)
    {
        foreach (var voice in _voices)
        {
            if (author.SequenceEqual(voice.Author))
            {
                return voice;
            }
        }

        if (!orNew)
        {
            return null;
        }

        if (_voices.Count == MostVoices)
        {
            _voices[0].Said.Dispose();
            _voices.RemoveAt(0);
        }

        var added = new Voice(author.ToArray());
        _voices.Add(added);
        return added;
    }

    private sealed class Voice(byte[] author)
    {
        public byte[] Author { get; } = author;

        public PooledBytes Said { get; } = new();

        /// <summary>Where in it the message under way begins.</summary>
        public int From { get; set; }
    }
}
