using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using Sluice.Processes.Tests.Scenarios;
using Sluice.ProcessesKit.Topology;

namespace Sluice.Processes.Tests.Topology;

/// <summary>The topology of <c>docker-compose.yml</c>: nginx, three gateways and one for gRPC, PostgreSQL, the emulator, Prometheus if there is one.</summary>
[Collection(Alone.Name)]
public sealed class LoopbackTopologyTests
{
    private const string Text = "one two three four five six seven eight nine ten eleven twelve";
    private const int FirstWords = 4;
    private const string Beginning = "";
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(300);

    [TopologyFact]
    public async Task A_stream_passes_nginx_word_by_word_and_is_resumed_at_another_gateway()
    {
        await using var topology = await LoopbackTopology.StartAsync();
        using var client = new HttpClient { BaseAddress = topology.Front, Timeout = TimeSpan.FromSeconds(30) };
        await ShouldAnswerAsync(client);

        await SlowDownAsync(topology);
        var begun = await BeginAsync(client);
        var rest = await ResumeElsewhereAsync(client, begun);
        string.Concat(begun.Words.Concat(rest)).ShouldBe($"You said: {Text}");

        // Held back on the way, words would come together.
        begun.FirstToLast.ShouldBeGreaterThan(2 * Gap, topology.Said);

        // nginx asks another for what cannot be reached, and every other one knows the turn.
        await topology.KillAsync(begun.Gateway);
        for (var request = 0; request < 6; request++)
        {
            await ShouldAnswerAsync(client);
        }

        using var whole = await EventsAsync(client, begun.Turn, Beginning);
        string.Concat(await WordsAsync(whole).ToListAsync()).ShouldBe($"You said: {Text}");
        await ShouldTellOverGrpcAsync(topology.AddressOf("grpc-1"), begun.Turn);
        (await topology.StopAsync()).ShouldBe(0, topology.Said);
    }

    /// <summary>The whole turn, from its beginning, at the gateway that speaks gRPC.</summary>
    private static async Task ShouldTellOverGrpcAsync(Uri address, string turn)
    {
        // FollowTurnRequest { cursor { turn_id } }, by hand: an uncompressed message of that length, in it field 1 with in it field 1.
        byte[] request = [0, 0, 0, 0, 36, 0x0A, 34, 0x0A, 32, .. Encoding.ASCII.GetBytes(turn)];
        using var client = new HttpClient { BaseAddress = address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var content = new ByteArrayContent(request);
        content.Headers.ContentType = new("application/grpc");

        using var answer = await client.PostAsync("/sluice.v1.AgentGateway/FollowTurn", content);

        var told = Encoding.Latin1.GetString(await answer.Content.ReadAsByteArrayAsync());
        answer.TrailingHeaders.GetValues("grpc-status").Single().ShouldBe("0");
        foreach (var word in Text.Split(' '))
        {
            told.ShouldContain(word);
        }
    }

    private static async Task ShouldAnswerAsync(HttpClient client)
    {
        using var answer = await client.PostAsync("/invoke", Json("""{"text":"ping"}"""));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("output").GetString().ShouldBe("pong");
    }

    /// <summary>From now on the agent takes a while for each word.</summary>
    private static async Task SlowDownAsync(LoopbackTopology topology)
    {
        using var emulator = new HttpClient { BaseAddress = topology.AddressOf("emulator") };
        using var accepted = await emulator.PostAsync("/_emulator/scripts", Json($$"""{"verb":"streamQuery","messageContains":"one","times":0,"gap":"{{Gap.TotalMilliseconds}}ms"}"""));
        accepted.IsSuccessStatusCode.ShouldBeTrue(await accepted.Content.ReadAsStringAsync());
    }

    /// <summary>Asks, reads the first words and leaves.</summary>
    private static async Task<Begun> BeginAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke/stream") { Content = Json($$"""{"text":"{{Text}}","session_id":"topology"}""") };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var watch = new Stopwatch();
        var (words, cursor) = (new List<string>(), "");
        await foreach (var item in ItemsAsync(answer))
        {
            cursor = item.EventId!;
            if (WordOf(item) is { } word)
            {
                watch.Start();
                words.Add(word);
            }

            if (words.Count == FirstWords)
            {
                break;
            }
        }

        return new Begun(Header(answer, "X-Turn-Id"), cursor, Header(answer, "X-Gateway"), words, watch.Elapsed);
    }

    /// <summary>Goes on by the cursor, at any gateway but the one that runs the turn.</summary>
    private static async Task<IReadOnlyList<string>> ResumeElsewhereAsync(HttpClient client, Begun begun)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            using var answer = await EventsAsync(client, begun.Turn, begun.Cursor);
            if (Header(answer, "X-Gateway") != begun.Gateway)
            {
                return await WordsAsync(answer).ToListAsync();
            }
        }

        throw new InvalidOperationException($"nginx always asks {begun.Gateway}.");
    }

    private static async Task<HttpResponseMessage> EventsAsync(HttpClient client, string turn, string cursor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sessions/topology/turns/{turn}/events");
        if (cursor != Beginning)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        }

        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return answer;
    }

    private static async IAsyncEnumerable<string> WordsAsync(HttpResponseMessage answer)
    {
        await foreach (var item in ItemsAsync(answer))
        {
            item.EventType.ShouldNotBe("error", item.Data);
            if (WordOf(item) is { } word)
            {
                yield return word;
            }
        }
    }

    private static async IAsyncEnumerable<SseItem<string>> ItemsAsync(HttpResponseMessage answer)
    {
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            yield return item;
        }
    }

    private static string? WordOf(SseItem<string> item)
    {
        if (item.EventType != "message")
        {
            return null;
        }

        using var json = JsonDocument.Parse(item.Data);
        return json.RootElement.GetProperty("chunk").GetString();
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private sealed record Begun(string Turn, string Cursor, string Gateway, IReadOnlyList<string> Words, TimeSpan FirstToLast);
}
