using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>What every call goes through: it is written down, let in or not, read, given its script, answered, and its end written down.</summary>
internal sealed class CallPipeline(Backend backend, CancellationToken stopping)
{
    private const string ScriptHeader = "X-Emulator-Script";
    private const int RecordedBody = 16 * 1024;
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>A route of the API: asks for a bearer token, takes a JSON body.</summary>
    public RequestDelegate Api(string verb, Func<Exchange, Task> answer) => http => RunAsync(http, verb, async exchange =>
    {
        if (Unwelcome(exchange.Call) is { } refusal)
        {
            await exchange.AnswerAsync(refusal);
            return;
        }
        await ReadBodyAsync(exchange);
        if (await TakeScriptAsync(exchange)) await answer(exchange);
    });

    /// <summary>A route that is asked for tokens and so needs none.</summary>
    public RequestDelegate Open(string verb, Func<Exchange, Task> answer) => http => RunAsync(http, verb, async exchange =>
    {
        if (await TakeScriptAsync(exchange)) await answer(exchange);
    });

    private async Task RunAsync(HttpContext http, string verb, Func<Exchange, Task> answer)
    {
        var control = backend.Control;
        var call = control.Log.Begin(verb, http);
        control.Board.CallBegan(verb);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var exchange = new Exchange(backend, http, call, ended.Token);
        using var left = http.RequestAborted.Register(() =>
        {
            if (exchange.Answered || exchange.Aborted || stopping.IsCancellationRequested) return;
            var now = backend.Time.GetUtcNow();
            call.Change(r => r with { CancelledAt = now });
        });
        try
        {
            await answer(exchange);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The client is gone, or has to be: there is nobody left to answer.
            exchange.Abort();
        }
        finally
        {
            End(exchange);
        }
    }

    private void End(Exchange exchange)
    {
        var now = backend.Time.GetUtcNow();
        var status = exchange.Http.Response.HasStarted ? exchange.Http.Response.StatusCode : 0;
        exchange.Call.Change(r => r with
        {
            EndedAt = now,
            Status = r.Status == 0 ? status : r.Status,
            Outcome = r.CancelledAt is not null ? CallOutcome.Cancelled
                : exchange.Aborted ? CallOutcome.Cut
                : r.Status >= 400 ? CallOutcome.Refused
                : CallOutcome.Completed,
        });
        backend.Control.Board.CallEnded(exchange.Call.Snapshot());
    }

    private ApiError? Unwelcome(Call call) => backend.Options.Bearer switch
    {
        BearerCheck.Off => null,
        _ when !call.HasBearer => GoogleErrors.MissingCredential(),
        BearerCheck.Issued when !backend.Tokens.Honours(call.BearerHash!) => GoogleErrors.InvalidCredential(),
        _ => null,
    };

    private async Task ReadBodyAsync(Exchange exchange)
    {
        var request = exchange.Http.Request;
        if (request.ContentLength > backend.Options.MaxRequestBytes)
        {
            exchange.BodyProblem = TooLarge();
            return;
        }
        var buffer = new ArrayBufferWriter<byte>((int)(request.ContentLength ?? 256) + 1);
        while (await request.Body.ReadAsync(buffer.GetMemory(4096), exchange.Cancellation) is > 0 and var read)
        {
            buffer.Advance(read);
            if (buffer.WrittenCount <= backend.Options.MaxRequestBytes) continue;
            exchange.BodyProblem = TooLarge();
            return;
        }
        if (buffer.WrittenCount == 0) return;
        try
        {
            if (JsonNode.Parse(buffer.WrittenSpan, documentOptions: Strict) is JsonObject body) exchange.Body = body;
            else exchange.BodyProblem = GoogleErrors.BadPayload("Invalid JSON payload received. Unexpected token.");
            Note(exchange, buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Not JSON; or JSON with half a surrogate pair in it, which is found out when the string is read.
            exchange.BodyProblem = GoogleErrors.BadPayload("Invalid JSON payload received. Unexpected token.");
        }
    }

    private static void Note(Exchange exchange, ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, RecordedBody)]);
        var body = exchange.Body;
        var input = body["input"] as JsonObject ?? body;
        var method = (body["class_method"] ?? body["classMethod"])?.ToString();
        var message = Prompt.In(input);
        exchange.Call.Change(r => r with
        {
            Body = text,
            ClassMethod = method,
            Message = message,
            UserId = (input["user_id"] ?? input["userId"])?.ToString(),
            SessionId = r.SessionId ?? (input["session_id"] ?? input["sessionId"])?.ToString(),
        });
    }

    private async Task<bool> TakeScriptAsync(Exchange exchange)
    {
        var header = exchange.Http.Request.Headers[ScriptHeader].ToString();
        if (header.Length > 0)
        {
            if (ScriptText.TryParse(header, out var script, out var problem))
            {
                exchange.Script = script;
                return true;
            }
            await exchange.AnswerAsync(GoogleErrors.InvalidArgument($"{ScriptHeader}: {problem}"));
            return false;
        }
        exchange.Script = backend.Control.Scripts.Take(exchange.Call) ?? exchange.Script;
        return true;
    }

    private ApiError TooLarge() =>
        GoogleErrors.InvalidArgument($"Request payload size exceeds the limit: {backend.Options.MaxRequestBytes} bytes.");
}
