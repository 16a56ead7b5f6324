using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>Clients that leave, and those that say that they want no more.</summary>
public sealed class LeavingTests(QueryStage shared, NoGraceStage noGrace) : IClassFixture<QueryStage>, IClassFixture<NoGraceStage>
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly Stage _stage = shared.Stage;

    [Fact]
    public async Task Engine_sees_within_a_second_that_the_client_of_a_plain_request_has_left()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "plain", Holds = [Hold.BeforeHeaders("plain")] });
        using var leave = new CancellationTokenSource();
        var asking = _stage.SendAsync(HttpMethod.Post, "/invoke", Asking.Body("plain"), [], leave.Token);
        await _stage.Engine.Gate("plain").WaitForArrivalAsync();

        var left = DateTimeOffset.UtcNow;
        await leave.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(asking);
        await ShouldBeCancelledAsync(_stage, "plain", left);
    }

    [Fact]
    public async Task Engine_sees_within_a_second_that_the_only_client_of_a_stream_without_grace_has_left()
    {
        var left = await LeaveStreamAsync(noGrace.Stage, "no grace");

        await ShouldBeCancelledAsync(noGrace.Stage, "no grace", left);
    }

    [Fact]
    public async Task Stream_with_grace_goes_on_without_its_client_and_can_be_read_later()
    {
        await LeaveStreamAsync(_stage, "graceful", "graceful");

        _stage.Engine.Gate("graceful").Open();

        (await _stage.Engine.WaitForEndAsync(call => call.Message == "graceful")).Outcome.ShouldBe(CallOutcome.Completed);
        using var session = await _stage.GetAsync("/sessions/graceful");
        var turn = (await session.JsonAsync()).GetProperty("turns")[0].Text("turn_id");
        await using var events = await Events.OfAsync(await _stage.GetAsync($"/sessions/graceful/turns/{turn}/events"));
        var all = await events.RestAsync();
        all.Text().ShouldBe("You said: graceful");
        all.LastAs("done");
    }

    [Fact]
    public async Task Cancelling_reaches_the_engine_within_a_second_and_ends_the_stream()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "stop me", Holds = [Hold.BeforeEvent(2, "stop me")] });
        using var answer = await _stage.PostAsync("/invoke/stream", Asking.Body("stop me", "stopped"));
        await using var events = await Events.OfAsync(answer);
        await events.NextChunkAsync();

        var asked = DateTimeOffset.UtcNow;
        using var cancelled = await _stage.PostAsync($"/sessions/stopped/turns/{answer.Header("X-Turn-Id")}:cancel", "{}");

        ((int)cancelled.StatusCode).ShouldBe(200);
        await ShouldBeCancelledAsync(_stage, "stop me", asked);
        var error = (await events.RestAsync()).LastAs("error");
        error.Text("code").ShouldBe("cancelled");
        error.Text("reason").ShouldBe("requested");
    }

    /// <summary>Reads one chunk and closes the connection; the engine waits at the gate called like the prompt.</summary>
    private static async Task<DateTimeOffset> LeaveStreamAsync(Stage stage, string prompt, string? session = null)
    {
        stage.Engine.Enqueue(new Script { MessageContains = prompt, Holds = [Hold.BeforeEvent(2, prompt)] });
        await using var events = await Events.OfAsync(await stage.PostAsync("/invoke/stream", Asking.Body(prompt, session)));
        await events.NextChunkAsync();
        return DateTimeOffset.UtcNow;
    }

    private static async Task ShouldBeCancelledAsync(Stage stage, string prompt, DateTimeOffset since)
    {
        var call = await stage.Engine.WaitForCancelAsync(call => call.Message == prompt);
        (call.CancelledAt!.Value - since).ShouldBeLessThan(AtOnce);
    }
}
