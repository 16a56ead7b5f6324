using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Control;

/// <summary>The control state over HTTP, for tests in other processes and for people. These calls are not counted.</summary>
internal static class ControlRoutes
{
    // Quotes and letters stay readable: this is for people and tests, never inside HTML.
    private static readonly ControlJson Readable = new(new JsonSerializerOptions(ControlJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static void MapControl(this IEndpointRouteBuilder routes, EmulatorControl control)
    {
        var root = routes.MapGroup("/_emulator");
        root.MapPost("/scripts", http => EnqueueAsync(http, control));
        root.MapDelete("/scripts", http => DoneAsync(http, control.ClearScripts));
        root.MapGet("/calls", http => CallsAsync(http, control));
        root.MapGet("/counters", http => JsonSerializer.SerializeAsync(
            Json(http).Body, control.Counters, Readable.EmulatorCounters, http.RequestAborted));
        root.MapPost("/reset", http => DoneAsync(http, control.Reset));
        root.MapPost("/tokens:revoke", http => DoneAsync(http, control.RevokeTokens));
        root.MapGet("/gates/{gate}", http => GateAsync(http, control));
        root.MapPost("/gates/{gate}:open", http => DoneAsync(http, Named(http, control).Open));
        root.MapPost("/gates/{gate}:close", http => DoneAsync(http, Named(http, control).Close));
    }

    private static async Task EnqueueAsync(HttpContext http, EmulatorControl control)
    {
        JsonNode? body;
        try
        {
            body = await JsonNode.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        }
        catch (JsonException e)
        {
            await ProblemAsync(http, e.Message);
            return;
        }
        var scripts = new List<Script>();
        foreach (var node in body is JsonArray array ? array.ToArray() : [body])
        {
            var problem = "a script is a JSON object";
            if (node is not JsonObject json || !ScriptText.TryParse(json, out var script, out problem))
            {
                await ProblemAsync(http, problem);
                return;
            }
            scripts.Add(script);
        }
        // All or none: half a scenario is worse than an error.
        control.Enqueue([.. scripts]);
        await Json(http).WriteAsync($"{{\"queued\": {scripts.Count}}}\n");
    }

    private static Task CallsAsync(HttpContext http, EmulatorControl control)
    {
        var query = http.Request.Query;
        IReadOnlyList<CallRecord> calls =
        [
            .. control.Calls.Where(c =>
                Is("engine", c.Engine) && Is("verb", c.Verb) && Is("classMethod", c.ClassMethod)
                && (query["messageContains"].ToString() is not { Length: > 0 } text || c.Message?.Contains(text, StringComparison.Ordinal) == true)),
        ];
        return JsonSerializer.SerializeAsync(Json(http).Body, calls, Readable.IReadOnlyListCallRecord, http.RequestAborted);

        bool Is(string name, string? value) => query[name].ToString() is not { Length: > 0 } wanted || wanted == value;
    }

    private static Task GateAsync(HttpContext http, EmulatorControl control)
    {
        var gate = Named(http, control);
        var json = new JsonObject { ["name"] = gate.Name, ["open"] = gate.IsOpen, ["waiting"] = gate.Waiting, ["arrivals"] = gate.Arrivals };
        return Json(http).WriteAsync(json.ToJsonString() + "\n", http.RequestAborted);
    }

    private static Gate Named(HttpContext http, EmulatorControl control) => control.Gate((string)http.Request.RouteValues["gate"]!);

    private static Task DoneAsync(HttpContext http, Action act)
    {
        act();
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task ProblemAsync(HttpContext http, string problem)
    {
        http.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Json(http).WriteAsync(new JsonObject { ["error"] = problem }.ToJsonString() + "\n", http.RequestAborted);
    }

    private static HttpResponse Json(HttpContext http)
    {
        http.Response.ContentType = "application/json";
        return http.Response;
    }
}
