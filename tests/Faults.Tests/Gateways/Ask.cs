using System.Text;
using System.Text.Json.Nodes;

namespace Sluice.Faults.Tests.Gateways;

/// <summary>Questions, and what became of their turns.</summary>
internal static class Ask
{
    /// <summary>Returns when the head has come.</summary>
    public static async Task<HttpResponseMessage> AskAsync(
        this HttpClient client, string path, string text, string session, CancellationToken cancellation, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        var body = new JsonObject { ["text"] = text, ["session_id"] = session };
        request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    public static string Header(this HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();

    public static async Task<JsonNode> JsonAsync(this HttpResponseMessage response, CancellationToken cancellation) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation))!;

    /// <summary>The turn as it can be looked up.</summary>
    public static async Task<JsonNode> TurnAsync(this HttpClient client, string session, string turn, CancellationToken cancellation)
    {
        using var response = await client.GetAsync($"/sessions/{session}/turns/{turn}", cancellation);
        return await response.JsonAsync(cancellation);
    }

    /// <summary>The turns of a session, oldest first.</summary>
    public static async Task<JsonArray> TurnsAsync(this HttpClient client, string session, CancellationToken cancellation)
    {
        using var response = await client.GetAsync($"/sessions/{session}", cancellation);
        return (await response.JsonAsync(cancellation))["turns"]!.AsArray();
    }
}
