using System.Text;
using System.Text.Json;

namespace Sluice.Vertex.Framing;

internal enum ParseStatus : byte
{
    Complete,

    /// <summary>Good so far; the end has not arrived.</summary>
    Incomplete,

    /// <summary>Not JSON, or nested deeper than <see cref="EventParser.MaxDepth"/>.</summary>
    Malformed,
}

/// <summary>
/// Reads one event of an engine in a single pass: that it is JSON, and the few fields the gateway needs, in both spellings (protobuf JSON is camelCase,
/// what Python agents print is snake_case). Its properties describe the event read last; slices are of the bytes given then.
/// </summary>
internal sealed class EventParser : IDisposable
{
    /// <summary>Twice what System.Text.Json allows by default; an ADK event of its own nests six deep, the rest is a tool's data.</summary>
    public const int MaxDepth = 128;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth, AllowMultipleValues = true };

    // Several text parts joined, as one literal.
    private readonly PooledBytes _joined = new();
    private (int Start, int Length) _text;
    private bool _isJoined;
    private (int Start, int Length) _author;
    private (int Start, int Length) _output;
    private (int Start, int Length) _id;
    private (int Start, int Length) _invocation;

    /// <summary>Bytes of the value.</summary>
    public int Consumed { get; private set; }

    /// <summary>The value is <c>{"code": 400 or more, "message": …}</c> or <c>{"error": …}</c> and nothing besides: how containers report an error inside a 200.</summary>
    public bool IsError { get; private set; }

    public bool HasText { get; private set; }

    /// <summary>Of the shape of an ADK event: it has content or an author.</summary>
    public bool IsAgentEvent { get; private set; }

    /// <summary>More of the same message follows, and then all of it again.</summary>
    public bool IsPartial { get; private set; }

    /// <summary>Calls a tool or carries a tool's response: not the answer yet.</summary>
    public bool HasToolUse { get; private set; }

    public string? FinishReason { get; private set; }

    /// <summary>The model's own error, such as <c>SAFETY</c>; the stream goes on.</summary>
    public string? ModelError { get; private set; }

    public bool HasUsage { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    public long CachedTokens { get; private set; }

    /// <summary>The text as a literal with its quotes; empty without <see cref="HasText"/>.</summary>
    public ReadOnlySpan<byte> Text(ReadOnlySpan<byte> value) =>
        !HasText ? default : _isJoined ? _joined.Written : value.Slice(_text.Start, _text.Length);

    /// <summary>What a <c>:query</c> returns, as a literal with its quotes, when it is a string.</summary>
    public ReadOnlySpan<byte> Output(ReadOnlySpan<byte> value) => value.Slice(_output.Start, _output.Length);

    public ReadOnlySpan<byte> Author(ReadOnlySpan<byte> value) => value.Slice(_author.Start, _author.Length);

    /// <summary>The event's name, as a literal; empty when it has none.</summary>
    public ReadOnlySpan<byte> Id(ReadOnlySpan<byte> value) => value.Slice(_id.Start, _id.Length);

    /// <summary>The engine's name for the turn the event belongs to, as a literal; empty when it does not say.</summary>
    public ReadOnlySpan<byte> Invocation(ReadOnlySpan<byte> value) => value.Slice(_invocation.Start, _invocation.Length);

    /// <summary>When the event was, by the engine's clock: seconds since 1970, milliseconds from agents in JavaScript; 0 when it does not say.</summary>
    public double Timestamp { get; private set; }

    /// <param name="data">Begins with the value; more may follow it.</param>
    /// <param name="final">Nothing follows: a number at the end is whole.</param>
    public ParseStatus Parse(ReadOnlySpan<byte> data, bool final)
    {
        Reset();
        var reader = new Utf8JsonReader(data, final, new JsonReaderState(Options));
        try
        {
            if (!reader.Read() || !ReadValue(ref reader))
            {
                return ParseStatus.Incomplete;
            }
        }
        catch (JsonException)
        {
            return ParseStatus.Malformed;
        }

        Consumed = (int)reader.BytesConsumed;
        if (_isJoined)
        {
            _joined.Append((byte)'"');
        }

        return ParseStatus.Complete;
    }

    public void Dispose() => _joined.Dispose();

    private void Reset()
    {
        _text = default;
        _isJoined = false;
        _author = _output = _id = _invocation = default;
        IsError = HasText = IsAgentEvent = IsPartial = HasToolUse = HasUsage = false;
        FinishReason = ModelError = null;
        InputTokens = OutputTokens = CachedTokens = 0;
        Timestamp = 0;
    }

    private bool ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            TakeText(ref reader);
            return true;
        }

        return reader.TokenType == JsonTokenType.StartObject ? ReadEvent(ref reader) : reader.TrySkip();
    }

    private bool ReadEvent(ref Utf8JsonReader reader)
    {
        int keys = 0, statusKeys = 0;
        bool isErrorCode = false, hasMessage = false, hasError = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                IsError = (hasError && keys == 1) || (isErrorCode && hasMessage && keys == statusKeys);
                return true;
            }

            keys++;
            var name = EventNames.Find(reader.ValueSpan);
            if (!reader.Read())
            {
                return false;
            }

            var isString = reader.TokenType == JsonTokenType.String;
            switch (name)
            {
                case EventName.Content when reader.TokenType == JsonTokenType.StartObject:
                    IsAgentEvent = true;
                    HasText = false;
                    if (!ReadContent(ref reader))
                    {
                        return false;
                    }

                    continue;
                case EventName.Usage when reader.TokenType == JsonTokenType.StartObject:
                    if (!ReadUsage(ref reader))
                    {
                        return false;
                    }

                    continue;
                case EventName.Partial:
                    IsPartial = reader.TokenType == JsonTokenType.True;
                    break;
                case EventName.Author when isString:
                    IsAgentEvent = true;
                    _author = Slice(ref reader);
                    break;
                case EventName.Id when isString:
                    _id = Slice(ref reader);
                    break;
                case EventName.InvocationId when isString:
                    _invocation = Slice(ref reader);
                    break;
                case EventName.Timestamp when reader.TokenType == JsonTokenType.Number:
                    Timestamp = Number(ref reader);
                    break;
                case EventName.Chunk when isString && !IsAgentEvent:
                    TakeText(ref reader);
                    break;
                case EventName.Output when isString:
                    _output = Slice(ref reader);
                    break;
                case EventName.FinishReason when isString:
                    FinishReason = ShortName(ref reader);
                    break;
                case EventName.ErrorCode when isString:
                    ModelError = ShortName(ref reader);
                    break;
                case EventName.Error:
                    hasError = reader.TokenType != JsonTokenType.Null;
                    break;
                case EventName.Code:
                    statusKeys++;
                    isErrorCode = reader.TokenType == JsonTokenType.Number && Number(ref reader) >= 400;
                    break;
                case EventName.Message:
                    statusKeys++;
                    hasMessage = isString;
                    break;
                case EventName.Status or EventName.Details:
                    statusKeys++;
                    break;
                default:
                    break;
            }

            if (!reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    private bool ReadContent(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                return true;
            }

            var isParts = EventNames.Find(reader.ValueSpan) == EventName.Parts;
            if (!reader.Read())
            {
                return false;
            }

            if (!isParts || reader.TokenType != JsonTokenType.StartArray)
            {
                if (!reader.TrySkip())
                {
                    return false;
                }

                continue;
            }

            while (true)
            {
                if (!reader.Read())
                {
                    return false;
                }

                if (reader.TokenType == JsonTokenType.EndArray)
                {
                    break;
                }

                if (!(reader.TokenType == JsonTokenType.StartObject ? ReadPart(ref reader) : reader.TrySkip()))
                {
                    return false;
                }
            }
        }

        return false;
    }

    private bool ReadPart(ref Utf8JsonReader reader)
    {
        (int Start, int Length) text = default;
        var literal = default(ReadOnlySpan<byte>);
        var isThought = false;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                // The quotes alone say nothing.
                if (!isThought && literal.Length > 0)
                {
                    JoinText(text, literal);
                }

                return true;
            }

            var name = EventNames.Find(reader.ValueSpan);
            if (!reader.Read())
            {
                return false;
            }

            switch (name)
            {
                case EventName.Text when reader.TokenType == JsonTokenType.String:
                    text = Slice(ref reader);
                    literal = reader.ValueSpan;
                    break;
                case EventName.Thought:
                    isThought = reader.TokenType == JsonTokenType.True;
                    break;
                case EventName.ToolUse when reader.TokenType != JsonTokenType.Null:
                    HasToolUse = true;
                    break;
                default:
                    break;
            }

            if (!reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    private bool ReadUsage(ref Utf8JsonReader reader)
    {
        HasUsage = true;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.EndObject)
            {
                return true;
            }

            var name = EventNames.Find(reader.ValueSpan);
            if (!reader.Read())
            {
                return false;
            }

            if (reader.TokenType == JsonTokenType.Number)
            {
                switch (name)
                {
                    case EventName.InputTokens:
                        InputTokens = (long)Number(ref reader);
                        break;
                    case EventName.OutputTokens:
                        OutputTokens = (long)Number(ref reader);
                        break;
                    case EventName.CachedTokens:
                        CachedTokens = (long)Number(ref reader);
                        break;
                    default:
                        break;
                }
            }
            else if (!reader.TrySkip())
            {
                return false;
            }
        }

        return false;
    }

    private void TakeText(ref Utf8JsonReader reader)
    {
        HasText = true;
        _isJoined = false;
        _text = Slice(ref reader);
    }

    private void JoinText((int Start, int Length) text, ReadOnlySpan<byte> literal)
    {
        if (!HasText)
        {
            HasText = true;
            _text = text;
            _joined.Clear();
            _joined.Append((byte)'"');
        }
        else
        {
            _isJoined = true;
        }

        _joined.Append(literal);
    }

    private static (int Start, int Length) Slice(ref Utf8JsonReader reader) =>
        ((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));

    // Numbers pass through protobuf's Struct on their way and may come back as 5.0.
    private static double Number(ref Utf8JsonReader reader) => reader.TryGetDouble(out var number) && double.IsFinite(number) ? number : 0;

    // An enum's name and nothing else: what is longer or not plain is somebody's text.
    private static string? ShortName(ref Utf8JsonReader reader)
    {
        var name = reader.ValueSpan;
        return name.SequenceEqual("STOP"u8) ? "STOP"
            : name.Length is > 0 and <= 64 && !name.ContainsAnyExceptInRange((byte)'-', (byte)'z') && !reader.ValueIsEscaped ? Encoding.ASCII.GetString(name)
            : null;
    }
}
