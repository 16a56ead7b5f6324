using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Emulator;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>Asks what a cell asks, and holds what comes of it against what is written and against what holds in every cell.</summary>
internal sealed class CellRun(Cell cell, EmulatorHost emulator, HttpClient client, CancellationToken cancellation)
{
    private readonly string _session = string.Create(CultureInfo.InvariantCulture, $"session-{cell.Number}");
    private readonly Random _random = new(cell.Number);

    private string _problem = "";
    private int _status;

    public async Task RunAsync()
    {
        await ScriptAsync();
        var turn = cell.IsStream ? await StreamAsync() : await InvokeAsync();
        var follower = new TurnFollower(client, _random, cancellation);
        await follower.FollowAsync(_session, turn);
        await JudgeAsync(turn, follower);
    }

    private Task ScriptAsync()
    {
        var scripts = new List<(string, string, string)>();
        if (cell.IsRetry)
        {
            scripts.Add(("fault=unavailable", "messageContains", cell.Mark));
        }

        scripts.Add((cell.Row.Fault, "messageContains", cell.Mark));
        if (cell.Row.Beside is var (call, fault))
        {
            var which = call.Contains('.', StringComparison.Ordinal) ? "verb" : "classMethod";
            scripts.Add(($"{which}={call};{fault}", "engine", cell.OwnEngine));
        }

        return emulator.EnqueueAsync(client, [.. scripts]);
    }

    private async Task<string> InvokeAsync()
    {
        using var answer = await client.AskAsync("/invoke", cell.Question, _session, cancellation);
        _status = (int)answer.StatusCode;
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        if (answer.IsSuccessStatusCode)
        {
            JsonNode.Parse(body)!["output"]!.GetValue<string>().ShouldBe(cell.Answer);
        }
        else
        {
            Fail(answer, body);
        }

        return answer.Header("X-Turn-Id");
    }

    private async Task<string> StreamAsync()
    {
        using var answer = await client.AskAsync("/invoke/stream?format=events", cell.Question, _session, cancellation);
        _status = (int)answer.StatusCode;
        var turn = answer.Header("X-Turn-Id");
        if (!answer.IsSuccessStatusCode)
        {
            Fail(answer, await answer.Content.ReadAsStringAsync(cancellation));
            return turn;
        }

        var follower = new TurnFollower(client, _random, cancellation);
        await follower.FollowAsync(answer, _session, turn);
        ShouldBeWhole(turn, follower);
        return turn;
    }

    private void Fail(HttpResponseMessage answer, string body)
    {
        _problem = body;
        (answer.Headers.RetryAfter is not null).ShouldBe(_status is 429 or 503, "Retry-After");
        JsonNode.Parse(body)!["detail"]!.GetValue<string>().ShouldNotBeEmpty();
    }

    private async Task JudgeAsync(string turn, TurnFollower follower)
    {
        ShouldBeWhole(turn, follower);
        var last = follower.Events[^1];
        var state = (await client.TurnAsync(_session, turn, cancellation))["state"]!.GetValue<string>();
        var code = last.EventType == "error" ? JsonNode.Parse(last.Data)!["code"]!.GetValue<string>() : "";
        if (_problem.Length > 0)
        {
            JsonNode.Parse(_problem)!["code"]!.GetValue<string>().ShouldBe(code, "the problem and the turn's last event");
            if (cell.IsStream)
            {
                follower.Events.Count.ShouldBe(2, "a status stands for a stream without a word");
            }
        }

        var calls = emulator.Control.Calls.Count(c => c.Message == cell.Question);
        var ran = emulator.Control.Counters.TurnsRun(cell.Question);
        var outcome = new Outcome(last.EventType == "done" && state == "completed" ? "answer" : state, _status, code, calls, ran);
        (outcome == cell.Expected).ShouldBeTrue($"written is \"{cell.Expected}\", but it was \"{outcome}\": {last.Data}\n{await CallsAsync()}");
        if (outcome.State == "answer")
        {
            (await TextAsync(turn)).ShouldBe(cell.Answer);
            foreach (var part in cell.Row.IsTool ? (string[])["\"function_call\"", "\"function_response\""] : [])
            {
                // What the session says again of an event that was streamed must not be told again.
                follower.Events.Count(item => item.Data.Contains(part, StringComparison.Ordinal)).ShouldBe(1, part);
            }
        }

        (ran <= 1 || state == "unknown").ShouldBeTrue("run once, or said to be unknown");
        (_problem + (code.Length > 0 ? last.Data : "")).ShouldNotContain(cell.Mark, customMessage: "the request leaks");
        (await client.TurnsAsync(_session, cancellation)).Count.ShouldBe(1);
    }

    // What the engine was asked for the cell, for whoever has to find out why it came out differently.
    private async Task<string> CallsAsync()
    {
        using var response = await client.GetAsync($"/sessions/{_session}", cancellation);
        var engineSession = (await response.JsonAsync(cancellation))["engine_session_id"]?.GetValue<string>();
        var calls = emulator.Control.Calls.Where(c => c.Message == cell.Question || (engineSession is not null && c.SessionId == engineSession)).ToList();
        return string.Join('\n', calls.Select(c => string.Create(
            CultureInfo.InvariantCulture,
            $"  {c.Verb} at {(c.StartedAt - calls[0].StartedAt).TotalMilliseconds:F0} ms for {(c.EndedAt - c.StartedAt)?.TotalMilliseconds:F0} ms: {c.Outcome} {c.Status}")));
    }

    // Every event once, none missing, one end.
    private static void ShouldBeWhole(string turn, TurnFollower follower)
    {
        follower.Events.Select(item => item.EventId).ShouldBe(
            Enumerable.Range(1, follower.Events.Count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{turn}:{number}")));
        follower.Events.Count(item => item.EventType is "done" or "error").ShouldBe(1);
    }

    // As one reads it who wants text and nothing else.
    private async Task<string> TextAsync(string turn)
    {
        using var answer = await client.GetAsync($"/sessions/{_session}/turns/{turn}/events", cancellation);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var text = "";
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(body).EnumerateAsync(cancellation))
        {
            if (item.EventType == "message")
            {
                var data = JsonNode.Parse(item.Data)!;
                text += (data["chunk"] ?? data["output"])!.GetValue<string>();
            }
        }

        return text;
    }
}
