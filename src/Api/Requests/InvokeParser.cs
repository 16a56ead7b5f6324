using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>
/// Reads the body of an invocation in one pass. Strict: what is not understood is refused by its name and never dropped. A field that is null counts as not given.
/// </summary>
internal ref struct InvokeParser
{
    private const string Fields = "text, input, session_id, user_id, class_method, engine, on_busy, stateless";

    private readonly ReadOnlyMemory<byte> _body;
    private readonly HttpSurfaceOptions _options;
    private readonly BatchItem? _item;
    private Utf8JsonReader _json;
    private InvokeFields _fields;
    private InvokeField _seen;
    private Problem? _problem;

    private InvokeParser(ReadOnlyMemory<byte> body, HttpSurfaceOptions options, BatchItem? item)
    {
        _body = body;
        _options = options;
        _item = item;
        _fields = new InvokeFields(options, item is null ? "$." : $"{item.Path}.");
        _json = new Utf8JsonReader(body.Span, JsonDepth.ReaderOptions(options.MaxDepth));
    }

    private readonly string Root => _item?.Path ?? "$";

    private readonly string Known => _item is null ? Fields : $"{Fields}, {BatchItem.KeyField}";

    /// <param name="body">Its bytes.</param>
    /// <param name="options">Its bounds.</param>
    /// <param name="engines">Those it may choose from.</param>
    /// <param name="item">Of what batch it is an item; null: it is a body of its own.</param>
    /// <param name="parsed">What it says.</param>
    /// <returns>Null when <paramref name="parsed"/> is good.</returns>
    public static Problem? Parse(ReadOnlyMemory<byte> body, HttpSurfaceOptions options, EngineFacts engines, BatchItem? item, out InvokeBody parsed)
    {
        parsed = default;

        // RFC 8259, section 8.1: a byte order mark must not be sent and may be ignored.
        if (body.Span.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        if (body.IsEmpty)
        {
            return new Problem(400, "empty_body", $"The body is empty. It must be a JSON object with the fields {Fields}.");
        }

        // The JSON reader takes the bytes of strings as they come.
        if (!Utf8.IsValid(body.Span))
        {
            return new Problem(400, "invalid_utf8", "The body is not valid UTF-8.");
        }

        var parser = new InvokeParser(body, options, item);
        try
        {
            parser.ReadObject();
        }
        catch (JsonException invalid)
        {
            return parser._problem ?? new Problem(
                400,
                "invalid_json",
                $"The body is not valid JSON: see line {invalid.LineNumber + 1}, byte {invalid.BytePositionInLine + 1}.");
        }

        return parser._problem ?? parser._fields.Judge(engines, out parsed);
    }

    private void ReadObject()
    {
        _json.Read();
        if (_json.TokenType != JsonTokenType.StartObject)
        {
            WrongType(Root, "an object");
            SkipValue(Root);
            _json.Read();
            return;
        }

        while (_problem is null && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            ReadField();
        }

        if (_problem is null)
        {
            // Anything behind the object is not JSON.
            _json.Read();
        }
    }

    private void ReadField()
    {
        var field = FieldHere();
        if (field == InvokeField.None)
        {
            var path = JsonPath.Of(Root, StringHere() ?? "?");
            _fields.Error(path, $"unknown field. Known are {Known}.");
            _json.Read();
            SkipValue(path);
            return;
        }

        if (_seen.HasFlag(field))
        {
            _fields.Error(field, "given twice.");
        }

        _seen |= field;
        _json.Read();
        if (_json.TokenType != JsonTokenType.Null)
        {
            ReadValue(field);
        }
    }

    private void ReadValue(InvokeField field)
    {
        var (isExpected, expected) = field switch
        {
            InvokeField.Input => (_json.TokenType == JsonTokenType.StartObject, "an object"),
            InvokeField.Stateless => (_json.TokenType is JsonTokenType.True or JsonTokenType.False, "a boolean"),
            _ => (_json.TokenType == JsonTokenType.String, "a string"),
        };
        if (!isExpected)
        {
            WrongType(_fields.PathOf(field), expected);
            SkipValue(_fields.PathOf(field));
            return;
        }

        switch (field)
        {
            case InvokeField.Text:
                _fields.SetText(Slice((int)_json.TokenStartIndex));
                break;
            case InvokeField.Input:
                var start = (int)_json.TokenStartIndex;
                SkipValue(_fields.PathOf(field));
                _fields.SetInput(Slice(start));
                break;
            case InvokeField.Stateless:
                _fields.SetStateless(_json.GetBoolean());
                break;
            default:
                ReadString(field);
                break;
        }
    }

    private void ReadString(InvokeField field)
    {
        switch (StringHere())
        {
            case null:
                _fields.Error(field, "has half of a surrogate pair.");
                break;
            case { } value when field == InvokeField.OnBusy:
                ReadOnBusy(value);
                break;
            case { } value:
                _fields.Set(field, value);
                break;
        }
    }

    private void ReadOnBusy(string value)
    {
        switch (value)
        {
            case "queue":
                _fields.SetOnBusy(BusyPolicy.Queue);
                break;
            case "reject":
                _fields.SetOnBusy(BusyPolicy.Reject);
                break;
            case "interrupt":
                _fields.SetOnBusy(BusyPolicy.Interrupt);
                break;
            default:
                _fields.Error(InvokeField.OnBusy, "must be queue, reject or interrupt.");
                break;
        }
    }

    /// <summary>Moves from a value's first token to its last, minding the depth.</summary>
    private void SkipValue(string path)
    {
        if (!JsonDepth.TrySkip(ref _json, _options.MaxDepth))
        {
            _problem = JsonDepth.TooDeep(path, _options.MaxDepth);
        }
    }

    private readonly ReadOnlyMemory<byte> Slice(int start) => _body[start..(int)_json.BytesConsumed];

    /// <summary>Null for a lone surrogate: JSON can write it, no text can hold it.</summary>
    private readonly string? StringHere()
    {
        try
        {
            return _json.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private readonly InvokeField FieldHere()
    {
        // An escaped name is the same name, and too rare to be quick about.
        var name = _json.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringHere() ?? "") : _json.ValueSpan;
        return name.SequenceEqual("text"u8) ? InvokeField.Text
            : name.SequenceEqual("input"u8) ? InvokeField.Input
            : name.SequenceEqual("session_id"u8) ? InvokeField.SessionId
            : name.SequenceEqual("user_id"u8) ? InvokeField.UserId
            : name.SequenceEqual("class_method"u8) ? InvokeField.ClassMethod
            : name.SequenceEqual("engine"u8) ? InvokeField.Engine
            : name.SequenceEqual("on_busy"u8) ? InvokeField.OnBusy
            : name.SequenceEqual("stateless"u8) ? InvokeField.Stateless
            : _item is not null && name.SequenceEqual("idempotency_key"u8) ? InvokeField.IdempotencyKey
            : InvokeField.None;
    }

    private void WrongType(string path, string expected) => _fields.Error(path, $"must be {expected}, not {NameOf(_json.TokenType)}.");

    private static string NameOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    };
}
