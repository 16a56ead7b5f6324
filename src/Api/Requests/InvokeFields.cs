using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>What an invocation may say.</summary>
[Flags]
internal enum InvokeField
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

/// <summary>
/// The fields of an invocation, however they are written: what each may be, and what they are together. Everything that is wrong with them is told at once.
/// </summary>
/// <param name="options">Their bounds.</param>
/// <param name="prefix">Stands in front of a field's name in what is told of it, such as <c>$.</c></param>
internal struct InvokeFields(HttpSurfaceOptions options, string prefix)
{
    private const int MaxNameLength = 128;

    // A request can hold many wrong fields; a person mends a few at a time.
    private const int MostErrors = 16;

    private ReadOnlyMemory<byte> _text;
    private ReadOnlyMemory<byte> _input;
    private SessionId? _session;
    private string? _userId;
    private string? _classMethod;
    private string? _engine;
    private BusyPolicy _onBusy;
    private bool? _stateless;
    private string? _idempotencyKey;
    private List<FieldError>? _errors;

    public readonly string PathOf(InvokeField field) => prefix + field switch
    {
        InvokeField.Text => "text",
        InvokeField.Input => "input",
        InvokeField.SessionId => "session_id",
        InvokeField.UserId => "user_id",
        InvokeField.ClassMethod => "class_method",
        InvokeField.Engine => "engine",
        InvokeField.OnBusy => "on_busy",
        InvokeField.Stateless => "stateless",
        _ => BatchItem.KeyField,
    };

    /// <param name="literal">A JSON string with its quotes.</param>
    public void SetText(ReadOnlyMemory<byte> literal) => _text = literal;

    /// <param name="json">A JSON object, within the bounds.</param>
    public void SetInput(ReadOnlyMemory<byte> json) => _input = json;

    public void SetStateless(bool value) => _stateless = value;

    public void SetOnBusy(BusyPolicy value) => _onBusy = value;

    /// <summary>For the fields that are names.</summary>
    public void Set(InvokeField field, string value)
    {
        switch (field)
        {
            case InvokeField.SessionId when SessionId.TryParse(value, out var session):
                _session = session;
                break;
            case InvokeField.SessionId:
                Error(field, $"must be {SessionId.Form}.");
                break;
            case InvokeField.UserId when value.Length is 0 or > MaxNameLength || value.Any(char.IsControl):
                Error(field, "must be 1 to 128 characters without control characters.");
                break;
            case InvokeField.UserId:
                _userId = value;
                break;
            case InvokeField.ClassMethod when !IsMethodName(value):
                Error(field, "must be a method's name: 1 to 128 letters, digits and _, not beginning with a digit.");
                break;
            case InvokeField.ClassMethod:
                _classMethod = value;
                break;
            case InvokeField.Engine:
                _engine = value;
                break;
            case InvokeField.IdempotencyKey when !IdempotencyKey.IsKey(value):
                Error(field, IdempotencyKey.Form);
                break;
            case InvokeField.IdempotencyKey:
                _idempotencyKey = value;
                break;
        }
    }

    public void Error(InvokeField field, string message) => Error(PathOf(field), message);

    public void Error(string path, string message)
    {
        _errors ??= [];
        if (_errors.Count < MostErrors)
        {
            _errors.Add(new FieldError(path, message));
        }
    }

    /// <returns>Null when <paramref name="parsed"/> is good.</returns>
    public Problem? Judge(EngineFacts engines, out InvokeBody parsed)
    {
        parsed = default;
        if (_input.IsEmpty && !_text.IsEmpty)
        {
            if (_text.Length > options.MaxTextBytes)
            {
                var message = $"may have {options.MaxTextBytes} bytes.";
                return new Problem(413, "text_too_large", $"{PathOf(InvokeField.Text)}: {message}") { Errors = [new FieldError(PathOf(InvokeField.Text), message)] };
            }

            if (JsonText.IsBlank(_text.Span[1..^1]))
            {
                Error(InvokeField.Text, "must not be blank.");
            }
        }
        else if (_input.IsEmpty && _errors is null)
        {
            Error(InvokeField.Text, "needed, unless there is an input.");
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
        var path = PathOf(InvokeField.Engine);
        return new Problem(404, "unknown_engine", $"{path}: {choice}") { Errors = [new FieldError(path, choice)] };
    }

    private static bool IsMethodName(string name) =>
        name is { Length: > 0 and <= MaxNameLength } && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
