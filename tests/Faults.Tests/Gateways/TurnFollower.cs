using System.Net;
using System.Net.ServerSentEvents;
using System.Text;

namespace Sluice.Faults.Tests.Gateways;

/// <summary>
/// A client that follows a turn by its cursor, leaves after a few events and comes back, as often as it likes, until the last one; and keeps what it was told.
/// </summary>
internal sealed class TurnFollower(HttpClient client, Random random, CancellationToken cancellation)
{
    private const int LongestStay = 3;

    private readonly List<SseItem<string>> _events = [];

    public IReadOnlyList<SseItem<string>> Events => _events;

    public bool HasEnded => _events is [.., { EventType: "done" or "error" }];

    private string Cursor => _events[^1].EventId!;

    /// <summary>Reads on from the answer of the request that started the turn.</summary>
    public async Task FollowAsync(HttpResponseMessage answer, string session, string turn)
    {
        await StayAsync(answer);
        while (!HasEnded)
        {
            using var next = await ComeBackAsync(session, turn);
            next.StatusCode.ShouldBe(HttpStatusCode.OK, $"resuming behind event {_events.Count}");
            var before = _events.Count;
            await StayAsync(next);
            _events.Count.ShouldBeGreaterThan(before, "a resumed stream ended and the turn did not");
        }

        using var behind = await SendAsync(HttpMethod.Get, $"/sessions/{session}/turns/{turn}/events?format=events", Cursor);
        behind.StatusCode.ShouldBe(HttpStatusCode.NoContent, "behind the end");
    }

    /// <summary>Reads a turn that is known from its beginning.</summary>
    public async Task FollowAsync(string session, string turn)
    {
        using var first = await SendAsync(HttpMethod.Get, $"/sessions/{session}/turns/{turn}/events?format=events");
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        await FollowAsync(first, session, turn);
    }

    private async Task StayAsync(HttpResponseMessage answer)
    {
        var leaveAfter = random.Next(1, LongestStay + 1);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellation))
        {
            _events.Add(item);
            if (--leaveAfter == 0)
            {
                break;
            }
        }

        answer.Dispose();
    }

    private Task<HttpResponseMessage> ComeBackAsync(string session, string turn)
    {
        if (_events.Count == 0)
        {
            return SendAsync(HttpMethod.Get, $"/sessions/{session}/turns/{turn}/events?format=events");
        }

        return random.Next(2) == 0
            ? SendAsync(HttpMethod.Get, $"/sessions/{session}/turns/{turn}/events?format=events", Cursor)
            : SendAsync(HttpMethod.Post, "/invoke/stream?format=events", Cursor);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? cursor = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = new StringContent("{}", Encoding.UTF8, "application/json");
        }

        if (cursor is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }
}
