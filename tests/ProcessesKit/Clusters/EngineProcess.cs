using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Sluice.ProcessesKit.Clusters;

/// <summary>
/// The emulator in a process of its own: an ADK application that says a word after every <see cref="Gap"/>, and that goes on by itself when its caller leaves.
/// </summary>
internal sealed class EngineProcess : IAsyncDisposable
{
    /// <summary>From one word to the next.</summary>
    public static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(150);

    /// <summary>How long the agent takes for the rest of its answer when nobody listens any more.</summary>
    public static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private const string EngineName = "projects/sluice-local/locations/us-central1/reasoningEngines/adk";

    private readonly ChildProcess _process;
    private readonly HttpClient _client;

    private EngineProcess(ChildProcess process, Uri address) =>
        (_process, _client) = (process, new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) });

    /// <summary>What a gateway is told of it.</summary>
    public string[] Environment => [$"AGENT_ENGINE_NAME={EngineName}", $"AGENT_ENGINE_ENDPOINT={_client.BaseAddress!.GetLeftPart(UriPartial.Authority)}"];

    /// <summary>What the agent answers.</summary>
    public static string AnswerTo(string text) => $"You said: {text}";

    public static async Task<EngineProcess> StartAsync(string directory)
    {
        var (process, address) = await ChildProcess.StartAsync("sluice-emulator.dll", directory, ["--port", "0"]);
        var engine = new EngineProcess(process, address);
        await engine.ScriptAsync(
            string.Create(CultureInfo.InvariantCulture, $$"""{"verb":"streamQuery","times":0,"gap":"{{Gap.TotalMilliseconds}}ms","turn":"continues","rest":"{{Rest.TotalSeconds}}s"}"""));
        return engine;
    }

    /// <summary>From now on it behaves as this script says, and as no other.</summary>
    public async Task ScriptAsync(string script)
    {
        using var forgotten = await _client.DeleteAsync("/_emulator/scripts");
        forgotten.EnsureSuccessStatusCode();
        using var answer = await _client.PostAsync("/_emulator/scripts", new StringContent(script, Encoding.UTF8, "application/json"));
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    /// <summary>How often the agent was started, by what it was asked.</summary>
    public async Task<IReadOnlyDictionary<string, long>> TurnsAsync()
    {
        var counters = await _client.GetFromJsonAsync<JsonElement>("/_emulator/counters");
        return counters.GetProperty("turns").EnumerateObject().ToDictionary(turn => turn.Name, turn => turn.Value.GetInt64(), StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _process.DisposeAsync();
    }
}
