using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Engines;

namespace Sluice.Emulator.Wire;

/// <summary>Failures of the container, which the service wraps as 400 FAILED_PRECONDITION, whatever they were inside.</summary>
internal static class AgentFailure
{
    private const string Preamble =
        "Reasoning Engine Execution failed.\nPlease refer to our documentation " +
        "(https://cloud.google.com/vertex-ai/generative-ai/docs/agent-engine/troubleshooting/use) for checking logs and other troubleshooting tips.\n" +
        "Error Details: ";

    // The container answers with FastAPI, whose JSON has no spaces and leaves non-ASCII alone.
    private static readonly JsonSerializerOptions FastApi = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>No container answered: <paramref name="details"/> is empty, "Service Unavailable" or "Internal Server Error".</summary>
    public static ApiError OfContainer(string details) => new(400, "FAILED_PRECONDITION", Preamble + details);

    public static ApiError MethodNotFound(string? asked, string byDefault, IEnumerable<string> available)
    {
        var which = asked is null ? $"Default method `{byDefault}`" : $"User-specified method `{asked}`";
        return OfContainer(Detail($"Agent Engine Error: {which} not found. Available methods are: {PythonRepr.List(available)}."));
    }

    /// <summary>The agent raised; the service echoes what it was called with.</summary>
    public static ApiError OfException(string exception, JsonObject input)
    {
        var error = OfContainer(Detail(
            $"Agent Engine Error: An error occurred during invocation. Exception: {exception}\nRequest Data: {PythonRepr.Of(input)}"));
        return error with
        {
            Details =
            [
                new JsonObject
                {
                    ["@type"] = "type.googleapis.com/google.rpc.DebugInfo",
                    ["detail"] = "[ORIGINAL ERROR] generic::failed_precondition: " + error.Message,
                },
            ],
        };
    }

    public static ApiError SessionNotFound(EngineName engine, string session, JsonObject input)
    {
        var inner = new JsonObject
        {
            ["error"] = new JsonObject
            {
                ["code"] = 404,
                ["message"] = $"Session {engine.Session(session)} not found.",
                ["status"] = "NOT_FOUND",
            },
        };
        return OfException($"404 NOT_FOUND. {PythonRepr.Of(inner)}", input);
    }

    private static string Detail(string text) => new JsonObject { ["detail"] = text }.ToJsonString(FastApi);
}
