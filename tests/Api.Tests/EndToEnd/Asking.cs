using System.Text;
using System.Text.Json;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Requests in few words.</summary>
internal static class Asking
{
    /// <summary>A body that asks a text, in a session when there is one.</summary>
    public static string Body(string text, string? session = null, string? onBusy = null)
    {
        var body = new Dictionary<string, string>(StringComparer.Ordinal) { ["text"] = text };
        if (session is not null)
        {
            body["session_id"] = session;
        }

        if (onBusy is not null)
        {
            body["on_busy"] = onBusy;
        }

        return JsonSerializer.Serialize(body);
    }

    /// <summary>Returns when the head has come.</summary>
    public static Task<HttpResponseMessage> PostAsync(this Stage stage, string path, string json, params (string Name, string Value)[] headers) =>
        stage.SendAsync(HttpMethod.Post, path, json, headers);

    public static Task<HttpResponseMessage> GetAsync(this Stage stage, string path, params (string Name, string Value)[] headers) =>
        stage.SendAsync(HttpMethod.Get, path, json: null, headers);

    public static async Task<HttpResponseMessage> SendAsync(
        this Stage stage, HttpMethod method, string path, string? json, (string Name, string Value)[] headers, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await stage.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}
