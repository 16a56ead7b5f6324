using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Soak;

/// <summary>One of many who ask, read, leave, come back and give up, one turn after the other.</summary>
internal sealed class SoakClient(HttpClient client, EmulatorControl engine, int number)
{
    /// <summary>Turns in a session before the next session.</summary>
    private const int SessionLength = 6;

    private readonly Random _random = new(number);
    private int _asked;

    /// <summary>How turns ended, by state.</summary>
    public Dictionary<string, int> Ends { get; } = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            await AskAsync(limit.Token);
        }
    }

    private async Task AskAsync(CancellationToken cancellation)
    {
        var session = string.Create(CultureInfo.InvariantCulture, $"soak-{number}-{_asked / SessionLength}");
        var question = string.Create(CultureInfo.InvariantCulture, $"client {number} asks for the {_asked++}th time");
        switch (_random.Next(10))
        {
            case < 4:
                await InvokeAsync(session, question, cancellation);
                break;
            case < 8:
                await FollowAsync(session, question, cancellation);
                break;
            case 8:
                await CancelAsync(session, question, cancellation);
                break;
            default:
                await LeaveAsync(session, question, cancellation);
                break;
        }

        engine.Calls.Count(call => call.RanTurn && call.Message == question).ShouldBeLessThanOrEqualTo(1, question);
    }

    private async Task InvokeAsync(string session, string question, CancellationToken cancellation)
    {
        using var answer = await client.AskAsync("/invoke", question, session, cancellation);
        var body = await answer.Content.ReadAsStringAsync(cancellation);
        if (answer.IsSuccessStatusCode)
        {
            JsonNode.Parse(body)!["output"]!.GetValue<string>().ShouldBe("You said: " + question);
        }
        else
        {
            body.ShouldNotContain(question);
        }

        await EndAsync(session, answer.Header("X-Turn-Id"), cancellation);
    }

    private async Task FollowAsync(string session, string question, CancellationToken cancellation)
    {
        using var answer = await client.AskAsync("/invoke/stream?format=events", question, session, cancellation);
        if (answer.IsSuccessStatusCode)
        {
            var follower = new TurnFollower(client, _random, cancellation);
            await follower.FollowAsync(answer, session, answer.Header("X-Turn-Id"));
            ShouldBeWhole(follower);
        }

        await EndAsync(session, answer.Header("X-Turn-Id"), cancellation);
    }

    private async Task CancelAsync(string session, string question, CancellationToken cancellation)
    {
        using var answer = await client.AskAsync("/invoke/stream", question, session, cancellation);
        var turn = answer.Header("X-Turn-Id");
        using var cancelled = await client.PostAsync($"/sessions/{session}/turns/{turn}:cancel", content: null, cancellation);
        ((int)cancelled.StatusCode).ShouldBe(200);
        await EndAsync(session, turn, cancellation);
    }

    private async Task LeaveAsync(string session, string question, CancellationToken cancellation)
    {
        using var answer = await client.AskAsync("/invoke/stream", question, session, cancellation);
    }

    /// <summary>Reads the turn once more from its beginning to its end.</summary>
    private async Task EndAsync(string session, string turn, CancellationToken cancellation)
    {
        var follower = new TurnFollower(client, _random, cancellation);
        await follower.FollowAsync(session, turn);
        ShouldBeWhole(follower);
        var state = (await client.TurnAsync(session, turn, cancellation))["state"]!.GetValue<string>();
        Ends[state] = Ends.GetValueOrDefault(state) + 1;
    }

    private static void ShouldBeWhole(TurnFollower follower)
    {
        var numbers = follower.Events.Select(item => int.Parse(item.EventId![(item.EventId!.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture));
        numbers.ShouldBe(Enumerable.Range(1, follower.Events.Count));
        follower.Events.Count(item => item.EventType is "done" or "error").ShouldBe(1);
    }
}
