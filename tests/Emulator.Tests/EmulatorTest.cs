using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

/// <summary>One emulator on its own port, and an HTTP client that knows it.</summary>
public abstract class EmulatorTest : IAsyncLifetime
{
    protected const string Root = "/v1/projects/my-project/locations/us-central1/reasoningEngines/";
    protected const string Resource = "projects/123456789012/locations/us-central1/reasoningEngines/";

    protected EmulatorHost Host { get; private set; } = null!;

    protected HttpClient Http { get; private set; } = null!;

    protected EmulatorControl Control => Host.Control;

    protected virtual EmulatorOptions Options { get; } = new();

    public async Task InitializeAsync()
    {
        Host = await EmulatorHost.StartAsync(Options);
        Http = new HttpClient { BaseAddress = Host.Address };
    }

    public async Task DisposeAsync()
    {
        Http.Dispose();
        await Host.DisposeAsync();
    }

    protected Task<HttpResponseMessage> Query(string engine, string body) => Post($"{Root}{engine}:query", body);

    protected Task<HttpResponseMessage> Post(string path, string body) => Http.PostAsync(path, Json(body));

    protected static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    /// <summary>Opens a stream and returns as soon as its headers are there.</summary>
    protected Task<HttpResponseMessage> Stream(string engine, string body, string? script = null, CancellationToken cancellation = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Root}{engine}:streamQuery") { Content = Json(body) };
        if (script is not null) request.Headers.Add("X-Emulator-Script", script);
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>A whole stream's body.</summary>
    protected async Task<string> StreamText(string engine, string body, string? script = null)
    {
        using var response = await Stream(engine, body, script);
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync();
    }

    protected async Task<List<JsonNode>> Events(string engine, string body, string? script = null) =>
        [.. (await StreamText(engine, body, script)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];

    protected static async Task<JsonNode> Body(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!;

    protected async Task<JsonNode> Error(HttpResponseMessage response, int status)
    {
        ((int)response.StatusCode).ShouldBe(status);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/json; charset=UTF-8");
        var error = (await Body(response))["error"]!;
        error["code"]!.GetValue<int>().ShouldBe(status);
        return error;
    }

    protected async Task<string> NewSession(string engine = "adk", string user = "u1")
    {
        var response = await Query(engine, $$$"""{"class_method":"async_create_session","input":{"user_id":"{{{user}}}"}}""");
        return (await Body(response))["output"]!["id"]!.GetValue<string>();
    }

    protected static string Turn(string message, string? session = null, string user = "u1", bool sse = false) => new JsonObject
    {
        ["class_method"] = "async_stream_query",
        ["input"] = TurnInput(message, session, user, sse),
    }.ToJsonString();

    private static JsonObject TurnInput(string message, string? session, string user, bool sse)
    {
        var input = new JsonObject { ["message"] = message, ["user_id"] = user };
        if (session is not null) input["session_id"] = session;
        if (sse) input["run_config"] = new JsonObject { ["streaming_mode"] = "sse" };
        return input;
    }
}
