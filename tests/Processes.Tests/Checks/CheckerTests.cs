using Sluice.ProcessesKit.Checks;
using Sluice.ProcessesKit.Clients;

namespace Sluice.Processes.Tests.Checks;

/// <summary>A checker that finds nothing is worth what it would have found.</summary>
public sealed class CheckerTests
{
    private static readonly Question Asked = new("s", "key", "a b");

    // "You said: a b", then the same as a whole message, which has no text of its own.
    private static readonly SeenEvent[] Events =
    [
        new(1, "started", """{"session_id":"s","turn_id":"t"}"""),
        Partial(2, "You"),
        Partial(3, " said:"),
        Partial(4, " a"),
        Partial(5, " b"),
        new(6, "message", """{"author":"root_agent","content":{"parts":[{"text":"You said: a b"}]}}"""),
        Done(7),
    ];

    private static readonly SeenEvent[] Chunks =
    [
        Events[0],
        new(2, "message", """{"chunk":"You"}"""),
        new(3, "message", """{"chunk":" said:"}"""),
        new(4, "message", """{"chunk":" a"}"""),
        new(5, "message", """{"chunk":" b"}"""),
        Events[6],
    ];

    // Killed behind event 3; readers may have seen 4, and nobody knows it any more.
    private static readonly SeenEvent[] Leapt =
    [
        .. Events[..3],
        new(1000, "gap", """{"from":4,"to":1000}"""),
        Partial(1001, " a b"),
        Done(1002),
    ];

    [Fact]
    public void What_is_sound_breaks_no_promise()
    {
        Check(Events).ShouldBeEmpty();
        Check(Chunks, EventFormat.Chunks).ShouldBeEmpty();
        Check(Leapt, told: Leapt).ShouldBeEmpty();
        Check([.. Events[..4], new(1000, "gap", """{"from":5,"to":1000}"""), .. Leapt[4..]], told: Leapt).ShouldBeEmpty();
    }

    [Fact]
    public void An_event_that_came_twice_is_found() =>
        Check([.. Events[..3], Events[2], .. Events[3..]]).ShouldContain("key (t): 3 came after 3");

    [Fact]
    public void An_event_that_was_missed_is_found_in_either_format()
    {
        Check([.. Events[..3], .. Events[4..]]).ShouldBe(["key (t): 5 came after 3, and no gap was told", "key (t): 4 was missed", "key (t): its text was 'You said: b'"]);
        Check([.. Chunks[..3], .. Chunks[4..]], EventFormat.Chunks).ShouldBe(["key (t): 4 was missed", "key (t): its text was 'You said: b'"]);
    }

    [Fact]
    public void Two_last_events_are_found()
    {
        Check([.. Events, Done(8)]).ShouldContain("key (t): 2 last events");
        Check([.. Events[..6], Done(6), Partial(7, "more")]).ShouldContain("key (t): something came behind the last event");
    }

    [Fact]
    public void No_last_event_is_found() => Check(Events[..6]).ShouldContain("key (t): 0 last events");

    [Fact]
    public void A_gap_that_was_not_told_is_found() =>
        Check([.. Leapt[..3], .. Leapt[4..]], told: Leapt).ShouldContain("key (t): 1001 came after 3, and no gap was told");

    [Fact]
    public void An_event_that_is_no_more_is_found_unless_a_gap_was_told_behind_it()
    {
        SeenEvent[] told = [.. Events[..4], Done(5)];
        Check([.. Events[..5], Done(6)], told: told).ShouldContain("key (t): 6 was seen and is no more, and no gap was told behind it");
    }

    [Fact]
    public void An_event_that_says_something_else_later_is_found()
    {
        SeenEvent[] told = [.. Events[..4], Partial(5, " c"), .. Events[5..]];
        Check(Events, told: told).ShouldContain(broken => broken.StartsWith("key (t): 5 was ", StringComparison.Ordinal));
        Check(told).ShouldContain("key (t): its text was 'You said: a c'");
    }

    [Fact]
    public void Text_that_is_lost_at_a_gap_is_found()
    {
        SeenEvent[] lost = [.. Leapt[..4], Partial(1001, " b"), Done(1002)];
        Check(lost, told: lost).ShouldBe(["key (t): its text was 'You said:' [gap] ' b'"]);
    }

    [Fact]
    public void Nodes_that_do_not_know_the_turn_or_say_something_else_are_found()
    {
        Check(Events, nodes: [Told(0, Events), new NodeView(1, null, [], [])]).ShouldContain("key (t): node 1 does not know it");
        Check(Events, nodes: [Told(0, Events), Told(1, Events) with { State = "unknown" }]).ShouldContain("key (t): node 1 says unknown, a stream said completed");
        Check(Events, nodes: [Told(0, Events), Told(1, Leapt)]).ShouldContain("key (t): node 1 tells other events than node 0");
    }

    [Fact]
    public void Clients_who_were_told_different_ends_are_found()
    {
        SeenEvent[] failed = [.. Events[..6], new(7, "error", """{"code":"engine_stream_cut","retryable":false,"trace_id":"1"}""")];
        Evidence([View(Events), View(failed)], [Told(0, Events)], runs: 1).ShouldContain("key (t): node 0 says completed, a stream said failed");
    }

    [Fact]
    public void A_turn_run_twice_is_found_unless_its_end_is_unknown()
    {
        Check(Events, runs: 2).ShouldBe(["key (t): the engine ran it 2 times"]);
        Check(Events, runs: 0).ShouldBe(["key (t): it was completed and the engine never ran it"]);
        SeenEvent[] unknown = [.. Events[..6], new(7, "error", """{"code":"turn_interrupted","retryable":false,"state":"unknown","trace_id":"1"}""")];
        Check(unknown, told: unknown, runs: 2).ShouldBeEmpty();
    }

    [Fact]
    public void One_key_with_two_turns_is_found() =>
        Evidence([View(Events), View(Events, turn: "u")], [Told(0, Events)], runs: 1).ShouldContain("key (t): one key, several turns: t, u");

    [Fact]
    public void An_answer_that_nobody_should_get_is_found()
    {
        var view = View(Events);
        view.Wrongs.Add("404");
        Evidence([view], [Told(0, Events)], runs: 1).ShouldBe(["key (t): answered with 404"]);
    }

    [Fact]
    public void The_trace_of_a_request_is_its_own()
    {
        SeenEvent[] failed = [.. Events[..6], new(7, "error", """{"code":"engine_stream_cut","trace_id":"1"}""")];
        SeenEvent[] elsewhere = [.. Events[..6], new(7, "error", """{"code":"engine_stream_cut","trace_id":"2"}""")];
        Check(failed, told: elsewhere).ShouldBeEmpty();
    }

    private static SeenEvent Partial(long sequence, string text) =>
        new(sequence, "message", $$$"""{"author":"root_agent","partial":true,"content":{"parts":[{"text":"{{{text}}}"}]}}""");

    private static SeenEvent Done(long sequence) => new(sequence, "done", """{"session_id":"s","turn_id":"t"}""");

    private static TurnView View(IEnumerable<SeenEvent> events, EventFormat format = EventFormat.Events, string turn = "t")
    {
        var view = new TurnView(Asked, format, turn);
        view.Events.AddRange(events);
        return view;
    }

    private static NodeView Told(int node, SeenEvent[] told) => new(node, told[^1].State, told, told == Events ? Chunks : told);

    private static IReadOnlyList<string> Check(
        SeenEvent[] seen, EventFormat format = EventFormat.Events, SeenEvent[]? told = null, NodeView[]? nodes = null, long runs = 1) =>
        Evidence([View(seen, format)], nodes ?? [Told(0, told ?? Events), Told(1, told ?? Events)], runs);

    private static IReadOnlyList<string> Evidence(TurnView[] views, NodeView[] nodes, long runs) => Checker.Check(new TurnEvidence(Asked, views, nodes, runs));
}
