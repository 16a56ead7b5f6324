using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Sluice.ProcessesKit.Clients;

/// <summary>A client that asks one node one thing after the other, for tests that know what has to come back.</summary>
internal sealed class Asking(Uri node) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = node, Timeout = TimeSpan.FromSeconds(30) };

    public Task<HttpResponseMessage> PostAsync(string path) => _client.PostAsync(path, null);

    public Task<HttpResponseMessage> PostAsync(string path, string text, string session) => _client.PostAsync(path, Body(text, session));

    public async Task<HttpStatusCode> DeleteAsync(string path)
    {
        using var answer = await _client.DeleteAsync(path);
        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await _client.GetAsync(path);
        return answer.StatusCode;
    }

    public async Task<JsonDocument> JsonAsync(string path) => JsonDocument.Parse(await _client.GetStringAsync(path));

    /// <summary>Begins a turn, and reads along.</summary>
    public async Task<TurnStream> StreamAsync(string text, string session)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/invoke/stream") { Content = Body(text, session) };
        return await OpenAsync(request);
    }

    /// <summary>Goes on behind a cursor.</summary>
    public async Task<TurnStream> FollowAsync(string session, string turn, long sequence)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sessions/{session}/turns/{turn}/events");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", string.Create(CultureInfo.InvariantCulture, $"{turn}:{sequence}"));
        return await OpenAsync(request);
    }

    public void Dispose() => _client.Dispose();

    private async Task<TurnStream> OpenAsync(HttpRequestMessage request)
    {
        var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, answer.StatusCode == HttpStatusCode.OK ? null : await answer.Content.ReadAsStringAsync());
        return new TurnStream(answer, await answer.Content.ReadAsStreamAsync());
    }

    private static StringContent Body(string text, string session) =>
        new($$"""{"text":"{{text}}","session_id":"{{session}}","user_id":"ada"}""", Encoding.UTF8, "application/json");
}

/// <summary>The events of one turn, as one connection brings them.</summary>
internal sealed class TurnStream(HttpResponseMessage answer, Stream body) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<SseItem<string>> _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();

    public string Turn => answer.Headers.GetValues("X-Turn-Id").Single();

    public async Task<SeenEvent> NextAsync() => await _events.MoveNextAsync() ? Seen(_events.Current) : throw new InvalidOperationException("The stream ended.");

    /// <summary>All that is still to come.</summary>
    public async Task<IReadOnlyList<SeenEvent>> RestAsync()
    {
        List<SeenEvent> rest = [];
        while (await _events.MoveNextAsync())
        {
            rest.Add(Seen(_events.Current));
        }

        return rest;
    }

    public async ValueTask DisposeAsync()
    {
        await _events.DisposeAsync();
        answer.Dispose();
    }

    private static SeenEvent Seen(SseItem<string> item) =>
        new(long.Parse(item.EventId.AsSpan(item.EventId!.LastIndexOf(':') + 1), CultureInfo.InvariantCulture), item.EventType, item.Data);
}
