using System.Text.Json;
using System.Text.Unicode;
using Google.Protobuf;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Api.Streaming;
using Sluice.Core.Turns;
using IdempotencyKey = Sluice.Api.Requests.IdempotencyKey;
using Wire = Sluice.V1;

namespace Sluice.Api.Rpc;

/// <summary>Makes a turn's request of a message, or says what is wrong with it.</summary>
internal sealed class RpcRequestReader(HttpSurfaceOptions options, EngineFacts engines, ICallers callers)
{
    // With the body around it, it is as deep as it may be over HTTP.
    private readonly int _inputDepth = options.MaxDepth - 1;

    public ReadRequest Read(Wire.InvokeRequest message, HttpContext context, Delivery delivery)
    {
        // As metadata it is taken as well: one that is not looked at would be a turn that runs twice.
        var wrongKey = IdempotencyKey.TryRead(context.Request, out var key);
        var wrongField = ReadFields(message, out var said);
        if ((wrongKey ?? wrongField) is { } wrong)
        {
            return new ReadRequest(wrong);
        }

        return new ReadRequest(TurnRequests.Of(
            options,
            callers.CallerOf(context),
            said,
            said.IdempotencyKey ?? key,
            delivery,
            message.Detached,
            CacheDirectives.Read(context.Request)));
    }

    public static Problem? ReadFormat(Wire.EventFormat said, out StreamFormat format)
    {
        format = said == Wire.EventFormat.Engine ? StreamFormat.Events : StreamFormat.Chunks;
        return Enum.IsDefined(said) ? null : Problem.Invalid("format", "must be EVENT_FORMAT_TEXT or EVENT_FORMAT_ENGINE.");
    }

    /// <param name="said">Null: nothing was.</param>
    /// <param name="field">The name of the field it was said in.</param>
    /// <param name="cursor">What it says.</param>
    public static Problem? ReadCursor(Wire.Cursor? said, string field, out Cursor cursor)
    {
        cursor = default;
        if (said is null)
        {
            return Problem.Invalid(field, "needed.");
        }

        if (ReadTurn(said.TurnId, $"{field}.turn_id", out var turn) is { } wrong)
        {
            return wrong;
        }

        cursor = new Cursor(turn, said.Sequence);
        return said.Sequence >= 0 ? null : Problem.Invalid($"{field}.sequence", "must be a sequence: a whole number from 0.");
    }

    public static Problem? ReadTurn(string said, string field, out TurnId turn) => TurnId.TryParse(said, out turn)
        ? null
        : Problem.Invalid(field, $"must be a turn's id: {TurnId.Length} lower-case hexadecimal digits.");

    /// <summary>For a request that goes on behind its cursor: whatever else it says, it cannot have.</summary>
    public static Problem? ReadResume(Wire.InvokeRequest message, out Cursor cursor)
    {
        if (ReadCursor(message.Resume, "resume", out cursor) is { } wrong)
        {
            return wrong;
        }

        return message.Equals(new Wire.InvokeRequest { Resume = message.Resume, Format = message.Format })
            ? null
            : Problem.Invalid("resume", "goes on with a turn that is there: beside it only format may be said.");
    }

    private Problem? ReadFields(Wire.InvokeRequest message, out InvokeBody said)
    {
        said = default;
        var fields = new InvokeFields(options, prefix: "");
        switch (message.QuestionCase)
        {
            case Wire.InvokeRequest.QuestionOneofCase.Text:
                fields.SetText(JsonText.Literal(message.Text));
                break;
            case Wire.InvokeRequest.QuestionOneofCase.Input when ReadInput(message.Input, ref fields) is { } wrong:
                return wrong;
        }

        Set(ref fields, InvokeField.SessionId, message.SessionId);
        Set(ref fields, InvokeField.UserId, message.UserId);
        Set(ref fields, InvokeField.Engine, message.Engine);
        Set(ref fields, InvokeField.ClassMethod, message.ClassMethod);
        Set(ref fields, InvokeField.IdempotencyKey, message.IdempotencyKey);
        SetOnBusy(ref fields, message.OnBusy);
        if (message.HasStateless)
        {
            fields.SetStateless(message.Stateless);
        }

        return fields.Judge(engines, out said);
    }

    // What is not set is empty.
    private static void Set(ref InvokeFields fields, InvokeField field, string value)
    {
        if (value.Length > 0)
        {
            fields.Set(field, value);
        }
    }

    private static void SetOnBusy(ref InvokeFields fields, Wire.OnBusy said)
    {
        switch (said)
        {
            case Wire.OnBusy.Queue:
                fields.SetOnBusy(BusyPolicy.Queue);
                break;
            case Wire.OnBusy.Reject:
                fields.SetOnBusy(BusyPolicy.Reject);
                break;
            case Wire.OnBusy.Interrupt:
                fields.SetOnBusy(BusyPolicy.Interrupt);
                break;
            default:
                fields.Error(InvokeField.OnBusy, "must be ON_BUSY_QUEUE, ON_BUSY_REJECT or ON_BUSY_INTERRUPT.");
                break;
        }
    }

    private Problem? ReadInput(ByteString input, ref InvokeFields fields)
    {
        var path = fields.PathOf(InvokeField.Input);
        if (!Utf8.IsValid(input.Span))
        {
            return Problem.Invalid(path, "must be a JSON object in UTF-8.");
        }

        try
        {
            var json = new Utf8JsonReader(input.Span, JsonDepth.ReaderOptions(_inputDepth));
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            {
                return Problem.Invalid(path, "must be a JSON object.");
            }

            if (!JsonDepth.TrySkip(ref json, _inputDepth))
            {
                return JsonDepth.TooDeep(path, options.MaxDepth);
            }

            // Anything behind the object is not JSON.
            json.Read();
        }
        catch (JsonException invalid)
        {
            return Problem.Invalid(path, $"must be a JSON object: see line {invalid.LineNumber + 1}, byte {invalid.BytePositionInLine + 1}.");
        }

        fields.SetInput(input.Memory);
        return null;
    }
}
