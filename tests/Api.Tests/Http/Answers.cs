using System.Text.Json;

namespace Sluice.Api.Tests.Http;

/// <summary>What came back, in few words.</summary>
internal static class Answers
{
    public static string Header(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : "";

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonElement.Parse(await response.Content.ReadAsStringAsync());

    /// <summary>The body, which must be a problem of this status and code.</summary>
    public static async Task<JsonElement> ProblemAsync(this HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync();
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Header("Content-Type").ShouldBe("application/problem+json");
        response.Content.Headers.ContentLength.ShouldNotBeNull();
        var problem = JsonElement.Parse(text);
        problem.GetProperty("type").GetString().ShouldBe("about:blank");
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("trace_id").GetString()!.ShouldMatch("^[0-9a-f]{32}$");
        if (status is 429 or 503)
        {
            response.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
        }

        return problem;
    }

    public static string Text(this JsonElement json, string property) => json.GetProperty(property).ToString();

    public static IEnumerable<string> ErrorPaths(this JsonElement problem) =>
        problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()!);

    /// <summary>Lines of a stream as they come.</summary>
    public static async Task<StreamReader> LinesAsync(this HttpResponseMessage response) => new(await response.Content.ReadAsStreamAsync());

    /// <summary>The next line; fails after ten seconds.</summary>
    public static Task<string?> NextAsync(this StreamReader lines) => lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
}
