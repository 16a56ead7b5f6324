using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>A stream read with the platform's own parser of server-sent events.</summary>
internal sealed class Events : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private Events(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _items = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();
    }

    public static async Task<Events> OfAsync(HttpResponseMessage response)
    {
        ((int)response.StatusCode).ShouldBe(200);
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/event-stream");
        return new Events(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null at the end of the stream. Fails when none comes.</summary>
    public async Task<SseItem<string>?> NextAsync() => await _items.MoveNextAsync().AsTask().WaitAsync(Patience) ? _items.Current : null;

    /// <summary>Skips what comes before the next piece of text, and returns it.</summary>
    public async Task<string> NextChunkAsync()
    {
        while (await NextAsync() is { } item)
        {
            if (item.EventType == "message")
            {
                return JsonElement.Parse(item.Data).GetProperty("chunk").GetString()!;
            }
        }

        throw new EndOfStreamException("The stream ended before a chunk came.");
    }

    /// <summary>All that is still to come.</summary>
    public async Task<List<SseItem<string>>> RestAsync()
    {
        var rest = new List<SseItem<string>>();
        while (await NextAsync() is { } item)
        {
            rest.Add(item);
        }

        return rest;
    }

    /// <summary>Leaves, as a client does that closes its connection.</summary>
    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>What a finished stream held.</summary>
internal static class Told
{
    public static string Text(this IEnumerable<SseItem<string>> items) =>
        string.Concat(items.Where(item => item.EventType == "message").Select(item => JsonElement.Parse(item.Data).GetProperty("chunk").GetString()));

    public static JsonElement LastAs(this IReadOnlyList<SseItem<string>> items, string type)
    {
        items.Count(item => item.EventType is "done" or "error").ShouldBe(1);
        items[^1].EventType.ShouldBe(type, items[^1].Data);
        return JsonElement.Parse(items[^1].Data);
    }
}
