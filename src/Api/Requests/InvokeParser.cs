using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>
/// Reads the body of an invocation in one pass. Strict: what is not understood is refused by its name and never dropped; everything wrong with the fields is
/// told at once. A field that is null counts as not given.
/// </summary>
internal ref struct InvokeParser
{
    private const string Fields = "text, input, session_id, user_id, class_method, engine, on_busy, stateless";
    private const int MaxNameLength = 128;

    // A body can hold many wrong fields; a person mends a few at a time.
    private const int MostErrors = 16;

    private readonly ReadOnlyMemory<byte> _body;
    private readonly HttpSurfaceOptions _options;
    private readonly BatchItem? _item;
    private Utf8JsonReader _json;
    private Field _seen;
    private List<FieldError>? _errors;
    private Problem? _problem;

    private ReadOnlyMemory<byte> _text;
    private ReadOnlyMemory<byte> _input;
    private SessionId? _session;
    private string? _userId;
    private string? _classMethod;
    private string? _engine;
    private BusyPolicy _onBusy;
    private bool? _stateless;
    private string? _idempotencyKey;

    private InvokeParser(ReadOnlyMemory<byte> body, HttpSurfaceOptions options, BatchItem? item)
    {
        _body = body;
        _options = options;
        _item = item;

        // One level more than allowed, so that the first too many is ours to refuse by its name.
        _json = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = options.MaxDepth + 1 });
    }

    [Flags]
    private enum Field
    {
        None = 0,
        Text = 1,
        Input = 2,
        SessionId = 4,
        UserId = 8,
        ClassMethod = 16,
        Engine = 32,
        OnBusy = 64,
        Stateless = 128,
        IdempotencyKey = 256,
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

        return parser.Judge(engines, out parsed);
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
        if (field == Field.None)
        {
            var path = JsonPath.Of(Root, StringHere() ?? "?");
            Error(path, $"unknown field. Known are {Known}.");
            _json.Read();
            SkipValue(path);
            return;
        }

        if (_seen.HasFlag(field))
        {
            Error(PathOf(field), "given twice.");
        }

        _seen |= field;
        _json.Read();
        if (_json.TokenType != JsonTokenType.Null)
        {
            ReadValue(field);
        }
    }

    private void ReadValue(Field field)
    {
        var (isExpected, expected) = field switch
        {
            Field.Input => (_json.TokenType == JsonTokenType.StartObject, "an object"),
            Field.Stateless => (_json.TokenType is JsonTokenType.True or JsonTokenType.False, "a boolean"),
            _ => (_json.TokenType == JsonTokenType.String, "a string"),
        };
        if (!isExpected)
        {
            WrongType(PathOf(field), expected);
            SkipValue(PathOf(field));
            return;
        }

        switch (field)
        {
            case Field.Text:
                _text = Slice((int)_json.TokenStartIndex);
                break;
            case Field.Input:
                var start = (int)_json.TokenStartIndex;
                SkipValue(PathOf(field));
                _input = Slice(start);
                break;
            case Field.Stateless:
                _stateless = _json.GetBoolean();
                break;
            default:
                if (StringHere() is { } value)
                {
                    ReadString(field, value);
                }
                else
                {
                    Error(PathOf(field), "has half of a surrogate pair.");
                }

                break;
        }
    }

    private void ReadString(Field field, string value)
    {
        switch (field)
        {
            case Field.SessionId when SessionId.TryParse(value, out var session):
                _session = session;
                break;
            case Field.SessionId:
                Error(PathOf(field), $"must be {SessionId.Form}.");
                break;
            case Field.UserId when value.Length is 0 or > MaxNameLength || value.Any(char.IsControl):
                Error(PathOf(field), "must be 1 to 128 characters without control characters.");
                break;
            case Field.UserId:
                _userId = value;
                break;
            case Field.ClassMethod when !IsMethodName(value):
                Error(PathOf(field), "must be a method's name: 1 to 128 letters, digits and _, not beginning with a digit.");
                break;
            case Field.ClassMethod:
                _classMethod = value;
                break;
            case Field.Engine:
                _engine = value;
                break;
            case Field.OnBusy:
                ReadOnBusy(value);
                break;
            case Field.IdempotencyKey when !IdempotencyKey.IsKey(value):
                Error(PathOf(field), IdempotencyKey.Form);
                break;
            case Field.IdempotencyKey:
                _idempotencyKey = value;
                break;
        }
    }

    private void ReadOnBusy(string value)
    {
        switch (value)
        {
            case "queue":
                _onBusy = BusyPolicy.Queue;
                break;
            case "reject":
                _onBusy = BusyPolicy.Reject;
                break;
            case "interrupt":
                _onBusy = BusyPolicy.Interrupt;
                break;
            default:
                Error(PathOf(Field.OnBusy), "must be queue, reject or interrupt.");
                break;
        }
    }

    private Problem? Judge(EngineFacts engines, out InvokeBody parsed)
    {
        parsed = default;
        if (_problem is not null)
        {
            return _problem;
        }

        if (_input.IsEmpty && !_text.IsEmpty)
        {
            if (_text.Length > _options.MaxTextBytes)
            {
                var message = $"may have {_options.MaxTextBytes} bytes.";
                return new Problem(413, "text_too_large", $"{PathOf(Field.Text)}: {message}") { Errors = [new FieldError(PathOf(Field.Text), message)] };
            }

            if (JsonText.IsBlank(_text.Span[1..^1]))
            {
                Error(PathOf(Field.Text), "must not be blank.");
            }
        }
        else if (_input.IsEmpty && _errors is null)
        {
            Error(PathOf(Field.Text), "needed, unless there is an input.");
        }

        if (_errors is not null)
        {
            var (path, message) = _errors[0];
            return new Problem(400, "invalid_request", $"{path}: {message}") { Errors = _errors };
        }

        if (_engine is not null && !engines.Names.Contains(_engine))
        {
            return UnknownEngine(engines);
        }

        parsed = new InvokeBody
        {
            Input = _input.IsEmpty ? TurnInput.OfText(_text) : TurnInput.OfObject(_input),
            Session = _session,
            UserId = _userId,
            ClassMethod = _classMethod,
            Engine = _engine,
            OnBusy = _onBusy,
            IsStateless = _stateless,
            IdempotencyKey = _idempotencyKey,
        };
        return null;
    }

    private readonly Problem UnknownEngine(EngineFacts engines)
    {
        var choice = engines.Names.Count == 0
            ? "there is one engine here and it has no name; leave the field out."
            : $"must be one of: {string.Join(", ", engines.Names.Order(StringComparer.Ordinal))}.";
        return new Problem(404, "unknown_engine", $"{PathOf(Field.Engine)}: {choice}") { Errors = [new FieldError(PathOf(Field.Engine), choice)] };
    }

    /// <summary>Moves from a value's first token to its last, minding the depth.</summary>
    private void SkipValue(string path)
    {
        if (_json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return;
        }

        var depth = _json.CurrentDepth;
        do
        {
            if (_json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && _json.CurrentDepth >= _options.MaxDepth)
            {
                var message = $"nested too deeply: a body may have {_options.MaxDepth} levels.";
                _problem = new Problem(400, "nested_too_deeply", $"{path}: {message}") { Errors = [new FieldError(path, message)] };
                return;
            }

            _json.Read();
        }
        while (_json.CurrentDepth > depth || _json.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray));
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

    private readonly Field FieldHere()
    {
        // An escaped name is the same name, and too rare to be quick about.
        var name = _json.ValueIsEscaped ? Encoding.UTF8.GetBytes(StringHere() ?? "") : _json.ValueSpan;
        return name.SequenceEqual("text"u8) ? Field.Text
            : name.SequenceEqual("input"u8) ? Field.Input
            : name.SequenceEqual("session_id"u8) ? Field.SessionId
            : name.SequenceEqual("user_id"u8) ? Field.UserId
            : name.SequenceEqual("class_method"u8) ? Field.ClassMethod
            : name.SequenceEqual("engine"u8) ? Field.Engine
            : name.SequenceEqual("on_busy"u8) ? Field.OnBusy
            : name.SequenceEqual("stateless"u8) ? Field.Stateless
            : _item is not null && name.SequenceEqual("idempotency_key"u8) ? Field.IdempotencyKey
            : Field.None;
    }

    private readonly string PathOf(Field field) => Root + field switch
    {
        Field.Text => ".text",
        Field.Input => ".input",
        Field.SessionId => ".session_id",
        Field.UserId => ".user_id",
        Field.ClassMethod => ".class_method",
        Field.Engine => ".engine",
        Field.OnBusy => ".on_busy",
        Field.Stateless => ".stateless",
        _ => $".{BatchItem.KeyField}",
    };

    private static bool IsMethodName(string name) =>
        name is { Length: > 0 and <= MaxNameLength } && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private void WrongType(string path, string expected) => Error(path, $"must be {expected}, not {NameOf(_json.TokenType)}.");

    private void Error(string path, string message)
    {
        _errors ??= [];
        if (_errors.Count < MostErrors)
        {
            _errors.Add(new FieldError(path, message));
        }
    }

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
