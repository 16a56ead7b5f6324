using System.Net;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Tests;

/// <summary>What a session holds of a turn whose caller did not get all of it: the table in the README.</summary>
public sealed class SessionEventTests : EmulatorTest
{
    private const string Nothing = "";
    private const string Asked = "user";
    private const string Whole = "user root_agent";

    private readonly ManualTime _time = new();

    protected override EmulatorOptions Options => new() { Time = _time };

    public static TheoryData<string, string, string> Sessions
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var fault in (string[])["quota", "unavailable", "bad-gateway", "internal", "deadline", "cancelled", "cold-container", "cold-container-empty",
                "agent-error", "unauthenticated", "forbidden", "not-found", "empty", "reset"])
            {
                AddRow(rows, $"fault={fault}", byDefault: Nothing, cut: Asked, continues: Asked);
            }

            AddRow(rows, "fault=closed-line;after=2", byDefault: Asked, cut: Asked, continues: Asked);
            AddRow(rows, "fault=error-line;after=2", byDefault: Asked, cut: Asked, continues: Asked);
            AddRow(rows, "fault=truncate;after=2", byDefault: Asked, cut: Asked, continues: Asked);
            AddRow(rows, "fault=truncate-reset;after=2", byDefault: Asked, cut: Asked, continues: Asked);

            // An event is in the session before its caller sees the first byte of it: here it is the last one.
            AddRow(rows, "fault=truncate;after=3", byDefault: Whole, cut: Whole, continues: Whole);
            AddRow(rows, "fault=truncate-reset;after=3", byDefault: Whole, cut: Whole, continues: Whole);
            AddRow(rows, "fault=late-error", byDefault: Whole, cut: Whole, continues: Whole);
            AddRow(rows, "fault=stall;delay=0s", byDefault: Whole, cut: Whole, continues: Whole);
            AddRow(rows, "fault=slow-first-byte;delay=0s", byDefault: Whole, cut: Whole, continues: Whole);
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Sessions))]
    public async Task Session_holds_what_the_table_says(string fault, string turn, string events)
    {
        var session = await NewSession();
        await AskAsync(session, $"{fault};{turn}text=a b c");
        await Control.WaitForEndAsync(c => c.Verb == Verb.StreamQuery);
        (await Authors(session)).ShouldBe(events);
        Control.Counters.TurnsRun("a question").ShouldBe(events == Nothing ? 0 : 1);
    }

    [Theory]
    [InlineData("", Asked)]
    [InlineData("turn=notStarted;", Nothing)]
    [InlineData("turn=cut;", Asked)]
    [InlineData("turn=completed;", Whole)]
    [InlineData("turn=continues;", Asked)]
    public async Task Session_of_a_client_that_left_holds_what_the_table_says(string turn, string events)
    {
        var session = await NewSession();
        using var leaving = new CancellationTokenSource();
        var asking = Stream("adk", Turn("a question", session, sse: true), $"hold=headers@door;{turn}", leaving.Token);
        await Control.Gate("door").WaitForArrivalAsync();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(asking);
        (await Control.WaitForEndAsync(c => c.Verb == Verb.StreamQuery)).Outcome.ShouldBe(CallOutcome.Cancelled);
        (await Authors(session)).ShouldBe(events);
    }

    [Fact]
    public async Task Agent_that_goes_on_unseen_writes_its_events_one_by_one_until_it_is_done()
    {
        var session = await NewSession();
        await AskAsync(session, "fault=truncate-reset;after=0;turn=continues;rest=3s", "what time is it");

        // The half event was made for the caller; what follows is made for nobody.
        await Control.WaitForEndAsync(c => c.Verb == Verb.StreamQuery);
        (await Authors(session)).ShouldBe("user root_agent");
        _time.Advance(TimeSpan.FromSeconds(1.5) - TimeSpan.FromTicks(1));
        (await Authors(session)).ShouldBe("user root_agent");
        _time.Advance(TimeSpan.FromTicks(1));
        (await Authors(session)).ShouldBe("user root_agent root_agent");
        _time.Advance(TimeSpan.FromSeconds(1.5));
        (await Authors(session)).ShouldBe("user root_agent root_agent root_agent");
    }

    [Theory]
    [InlineData("eventLag=2s")]
    [InlineData("eventLag=2s;fault=truncate;after=3")]
    public async Task Events_are_seen_when_the_lag_has_passed_by_rest_and_by_class_method(string script)
    {
        var session = await NewSession();
        await AskAsync(session, script + ";text=a b c");
        _time.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        (await Authors(session)).ShouldBe(Nothing);
        _time.Advance(TimeSpan.FromTicks(1));
        (await Authors(session)).ShouldBe(Whole);
        using var response = await Query("adk", $$$"""{"class_method":"async_get_session","input":{"user_id":"u1","session_id":"{{{session}}}"}}""");
        (await Body(response))["output"]!["events"]!.AsArray().Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("quota", 429, "SessionReadRequestsPerMinutePerProjectPerRegion")]
    [InlineData("unavailable", 503, "UNAVAILABLE")]
    [InlineData("forbidden", 403, "aiplatform.sessionEvents.list")]
    [InlineData("not-found", 404, "NOT_FOUND")]
    public async Task Reading_events_can_be_refused_and_is_counted(string fault, int status, string said)
    {
        var session = await NewSession();
        using var queued = await Post("/_emulator/scripts", $$"""{"verb":"sessions.events","fault":"{{fault}}"}""");
        using var refused = await Http.GetAsync($"{Root}adk/sessions/{session}/events");
        (await Error(refused, status)).ToJsonString().ShouldContain(said);
        Control.Counters.Faults[fault].ShouldBe(1);
        (await Authors(session)).ShouldBe(Nothing);
    }

    [Fact]
    public async Task Reading_events_can_stall_until_the_client_leaves_and_be_cut()
    {
        var session = await NewSession();
        Control.Enqueue(
            new Script { Verb = Verb.SessionEvents, Fault = Fault.Stall },
            new Script { Verb = Verb.SessionEvents, Fault = Fault.TruncateReset });
        using var leaving = new CancellationTokenSource();
        var stalled = Http.GetStringAsync($"{Root}adk/sessions/{session}/events", leaving.Token);
        await Control.WaitForCallAsync(c => c is { Verb: Verb.SessionEvents, Fault: Fault.Stall });
        stalled.IsCompleted.ShouldBeFalse();
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(stalled);
        await Control.WaitForCancelAsync(c => c.Verb == Verb.SessionEvents);
        await Should.ThrowAsync<HttpRequestException>(() => Http.GetStringAsync($"{Root}adk/sessions/{session}/events"));
        Control.Counters.FaultCount(Fault.Stall).ShouldBe(1);
        Control.Counters.FaultCount(Fault.TruncateReset).ShouldBe(1);
    }

    private static void AddRow(TheoryData<string, string, string> rows, string fault, string byDefault, string cut, string continues)
    {
        rows.Add(fault, "", byDefault);
        rows.Add(fault, "turn=notStarted;", Nothing);
        rows.Add(fault, "turn=cut;", cut);
        rows.Add(fault, "turn=completed;", Whole);
        rows.Add(fault, "turn=continues;", continues);
    }

    private async Task AskAsync(string session, string script, string message = "a question")
    {
        using var response = await Answered(Stream("adk", Turn(message, session, sse: true), script));
        if (response is null) return;
        try
        {
            await response.Content.ReadAsStringAsync();
        }
        catch (HttpRequestException)
        {
            // Cut, as scripted.
        }
    }

    private static async Task<HttpResponseMessage?> Answered(Task<HttpResponseMessage> asking)
    {
        try
        {
            return await asking;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task<string> Authors(string session)
    {
        using var response = await Http.GetAsync($"{Root}adk/sessions/{session}/events");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var events = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["sessionEvents"] as JsonArray ?? [];
        return string.Join(' ', events.Select(e => e!["author"]!.GetValue<string>()));
    }
}
