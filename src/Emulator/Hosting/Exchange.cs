using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>One call while it is answered: the request, what is scripted for it, and ways to answer.</summary>
internal sealed class Exchange(Backend backend, HttpContext http, Call call, CancellationToken cancellation)
{
    public const string Json = "application/json; charset=UTF-8";

    public Backend Backend => backend;

    public HttpContext Http => http;

    public Call Call => call;

    public EngineName Engine { get; } = EngineName.From(http, backend.Options);

    public Script Script { get; set; } = new();

    /// <summary>The request's body; empty if there was none.</summary>
    public JsonObject Body { get; set; } = [];

    /// <summary>Why the body could not be read.</summary>
    public ApiError? BodyProblem { get; set; }

    /// <summary>Fires when the client leaves or the emulator stops.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Set once nothing more is waited for, so that a client that hangs up with its answer in hand is not taken for one that left.</summary>
    public bool Answered { get; private set; }

    /// <summary>The emulator itself broke the connection.</summary>
    public bool Aborted { get; private set; }

    public string? Query(string name) => http.Request.Query.TryGetValue(name, out var value) ? value.ToString() : null;

    public string Route(string name) => http.Request.RouteValues[name] as string ?? "";

    /// <summary>Waits where the script says before the headers.</summary>
    public async Task ArriveAsync()
    {
        await HoldAsync(0);
        if (Script.Delay is not { } delay || Script.Fault is Fault.Stall or Fault.Cap) return;
        if (Script.Fault == Fault.SlowFirstByte) Inject();
        await WaitAsync(delay);
    }

    public async Task HoldAsync(int before)
    {
        foreach (var hold in Script.Holds)
        {
            if (hold.Before == before) await backend.Control.Gate(hold.Gate).PassAsync(cancellation);
        }
    }

    public Task WaitAsync(TimeSpan delay) => delay > TimeSpan.Zero || delay == Timeout.InfiniteTimeSpan
        ? Task.Delay(delay, backend.Time, cancellation)
        : Task.CompletedTask;

    /// <summary>Counts the script's fault: it happens now.</summary>
    public void Inject()
    {
        backend.Control.Board.FaultInjected(Script.Fault);
        var fault = Script.Fault;
        call.Change(r => r with { Fault = fault });
    }

    /// <summary>Breaks the connection with a TCP reset (a stream reset in HTTP/2).</summary>
    public void Abort()
    {
        Aborted = true;
        http.Abort();
    }

    /// <summary>Sets the status and content type; they go out with the first byte.</summary>
    public void Begin(int status, string contentType)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
    }

    public void FirstByte()
    {
        var now = backend.Time.GetUtcNow();
        var status = http.Response.StatusCode;
        call.Change(r => r.FirstByteAt is null ? r with { FirstByteAt = now, Status = status } : r);
    }

    public Task AnswerAsync(JsonNode? value) => WriteAsync(200, Json, ProtoJson.Print(value));

    public Task AnswerAsync(ApiError error)
    {
        if (error.Code == 401) http.Response.Headers.WWWAuthenticate = "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"";
        JsonNode envelope = error.ToJson();
        return WriteAsync(error.Code, Json, ProtoJson.Print(Script.WrapError ? new JsonArray(envelope) : envelope));
    }

    public async Task WriteAsync(int status, string contentType, ReadOnlyMemory<byte> body)
    {
        Begin(status, contentType);
        http.Response.ContentLength = body.Length;
        Answered = true;
        FirstByte();
        await http.Response.BodyWriter.WriteAsync(body, cancellation);
    }

    public void Finish() => Answered = true;
}
