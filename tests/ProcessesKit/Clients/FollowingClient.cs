using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Sluice.ProcessesKit.Clients;

/// <summary>
/// A client as every client of a gateway should be: it asks with an idempotency key, keeps its cursor, and whatever becomes of its connection goes on at the next node, by its
/// cursor if it has one, else by its key, until the turn has ended.
/// </summary>
/// <param name="addresses">The nodes.</param>
/// <param name="node">The one to begin with.</param>
internal sealed class FollowingClient(IReadOnlyList<Uri> addresses, int node) : IDisposable
{
    /// <summary>How long a client follows one turn at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The nodes send a heartbeat after a second of silence.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan HeadPatience = TimeSpan.FromSeconds(5);

    // From the second attempt in a row that brought nothing on.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Without a drain timeout, a response that is disposed of closes its connection, as a client that leaves does, instead of waiting for the rest.
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(2),
        ResponseDrainTimeout = TimeSpan.Zero,
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private int _node = node;

    // The turn is not this client's to ask, or its end is told as a problem to one who asks.
    private bool _onlyReads;

    /// <summary>Asks, and follows to the end.</summary>
    public Task AskAsync(TurnView view)
    {
        _onlyReads = false;
        return FollowAsync(view);
    }

    /// <summary>Follows a turn that another client asked, from its beginning to its end.</summary>
    public Task WatchAsync(TurnView view)
    {
        _onlyReads = true;
        return FollowAsync(view);
    }

    public void Dispose() => _client.Dispose();

    private async Task FollowAsync(TurnView view)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            for (var fruitless = 0; !view.HasEnded && view.Wrongs.Count == 0;)
            {
                var before = view.Events.Count;
                if (await TryAsync(view, limit.Token) is { } why)
                {
                    view.Interruptions.Add(new Interruption(_node, Stopwatch.GetTimestamp(), why));
                    _node = (_node + 1) % addresses.Count;
                }

                fruitless = view.Events.Count > before ? 0 : fruitless + 1;
                if (fruitless > 1)
                {
                    await Task.Delay(Pause, limit.Token);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            view.Wrongs.Add($"nothing more within {Patience.TotalSeconds} s; last: {string.Join("; ", view.Interruptions.TakeLast(4).Select(i => $"node {i.Node}: {i.Why}"))}");
        }
        finally
        {
            view.Leave();
        }
    }

    /// <summary>One request. Returns why the turn is to be followed elsewhere, or null.</summary>
    private async Task<string?> TryAsync(TurnView view, CancellationToken cancellation)
    {
        try
        {
            using var request = NextRequest(view);
            using var answer = await HeadAsync(request, cancellation);
            view.Meet(Header(answer, "X-Turn-Id"));
            return answer.StatusCode == HttpStatusCode.OK ? await ReadAsync(view, answer, cancellation) : await RefusedAsync(view, answer, cancellation);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            return broken.Message;
        }
    }

    private async Task<HttpResponseMessage> HeadAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var head = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        head.CancelAfter(HeadPatience);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, head.Token);
        }
        catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"No head within {HeadPatience}.", late);
        }
        catch (Exception odd) when (odd is not (OperationCanceledException or HttpRequestException))
        {
            // Seen once, under a server that was killed; told by its type, so that it is known when it comes again. To one who asks it is a broken connection all the same.
            throw new HttpRequestException($"No head: {odd.GetType()}: {odd.Message}", odd);
        }
    }

    private static async Task<string?> ReadAsync(TurnView view, HttpResponseMessage answer, CancellationToken cancellation)
    {
        await using var body = new PatientStream(await answer.Content.ReadAsStreamAsync(cancellation), Silence);
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellation))
        {
            if (item.EventType == "error" && IsMoved(item.Data))
            {
                return "moved";
            }

            var id = item.EventId ?? "";
            if (!long.TryParse(id.AsSpan(id.LastIndexOf(':') + 1), CultureInfo.InvariantCulture, out var sequence) || !id.StartsWith($"{view.Turn}:", StringComparison.Ordinal))
            {
                view.Wrongs.Add($"event with id '{id}': {item.Data}");
                return null;
            }

            view.Events.Add(new SeenEvent(sequence, item.EventType, item.Data, Stopwatch.GetTimestamp()));
            if (view.HasEnded)
            {
                return null;
            }
        }

        return "the stream ended";
    }

    private async Task<string> RefusedAsync(TurnView view, HttpResponseMessage answer, CancellationToken cancellation)
    {
        var problem = $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}";

        if (!_onlyReads && view.Turn is not null && view.Events.Count == 0)
        {
            // A turn that ended before its stream began is told as a problem; its events say so as well.
            _onlyReads = true;
        }
        else if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
        {
            view.Wrongs.Add(problem);
        }

        return problem;
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static bool IsMoved(string data)
    {
        using var json = JsonDocument.Parse(data);
        return json.RootElement.GetProperty("code").GetString() == "moved";
    }

    private HttpRequestMessage NextRequest(TurnView view)
    {
        var query = view.Format == EventFormat.Events ? "?format=events" : "";
        var cursor = view.Events is [.., var last] ? $"{view.Turn}:{last.Sequence}" : null;

        // Both ways of going on by a cursor are used in turns.
        var post = cursor is null ? !_onlyReads : view.Interruptions.Count % 2 == 0;
        var path = post ? "/invoke/stream" : $"/sessions/{view.Question.Session}/turns/{view.Turn}/events";
        var request = new HttpRequestMessage(post ? HttpMethod.Post : HttpMethod.Get, new Uri(addresses[_node], path + query));
        if (post)
        {
            request.Content = new StringContent(Body(view.Question), Encoding.UTF8, "application/json");
            request.Headers.Add("Idempotency-Key", view.Question.Key);
        }

        if (cursor is not null)
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", cursor);
        }

        return request;
    }

    private static string Body(Question question) => $$"""{"text":"{{question.Text}}","session_id":"{{question.Session}}","user_id":"ada"}""";
}
