using Sluice.Vertex.Recovery;
using static Sluice.Vertex.Tests.Recovery.History;

namespace Sluice.Vertex.Tests.Recovery;

public sealed class TurnJudgementTests
{
    private static readonly TurnMemory New = new() { Message = "continue", Streamed = new StreamedEvents(), LastInvocation = "" };
    private static readonly TurnMemory Behind = New with { LastInvocation = "a" };
    private static readonly TurnMemory Strange = New with { LastInvocation = null };

    private static SessionEvent[] First { get; } = [User("a", "continue", 0), Says("a", "one", 1)];

    [Fact]
    public void An_empty_session_has_not_seen_the_turn() => Fate(At(10), New).ShouldBe(TurnFate.NeverStarted);

    [Fact]
    public void A_message_alone_is_a_turn_under_way()
    {
        var judged = TurnJudgement.Of(At(10, User("a", "continue", 9)), New, Ago(2));
        judged.Fate.ShouldBe(TurnFate.Underway);
        judged.Invocation.ShouldBe("a");
    }

    [Fact]
    public void A_final_response_finishes_the_turn_and_all_of_it_is_missing() =>
        Missing(At(10, User("a", "continue", 8), CallsTool("a", 8.5), ToolAnswers("a", 9), Says("a", "done", 9.5)), New).ShouldBe(["a-call", "a-response", "a-done"]);

    [Fact]
    public void A_change_of_state_behind_the_final_response_belongs_to_it() =>
        Missing(At(10, User("a", "continue", 8), Says("a", "done", 9), Changes("a", 9)), New).ShouldBe(["a-done", "a-state"]);

    [Fact]
    public void A_tool_that_was_called_or_has_answered_leaves_the_turn_under_way()
    {
        Fate(At(10, User("a", "continue", 8), CallsTool("a", 9)), New).ShouldBe(TurnFate.Underway);
        Fate(At(10, User("a", "continue", 8), CallsTool("a", 9), ToolAnswers("a", 9)), New).ShouldBe(TurnFate.Underway);
        Fate(At(10, User("a", "continue", 8), Says("a", "let me see", 8.5), CallsTool("a", 9)), New).ShouldBe(TurnFate.Underway);
    }

    [Fact]
    public void Code_that_has_run_is_told_to_the_model_next() => Fate(
        At(10, User("a", "continue", 8), Event("""{"author":"root_agent","invocationId":"a","content":{"parts":[{"text":"see"},{"codeExecutionResult":{}}]}}""")), New)
        .ShouldBe(TurnFate.Underway);

    [Fact]
    public void A_change_of_state_alone_is_no_answer() => Fate(At(10, User("a", "continue", 8), Changes("a", 9)), New).ShouldBe(TurnFate.Underway);

    [Fact]
    public void An_error_of_the_model_is_how_a_turn_may_end() => Fate(
        At(10, User("a", "continue", 8), Event($$"""{"author":"root_agent","invocationId":"a","timestamp":"{{Time(9)}}","errorCode":"SAFETY"}""")), New).ShouldBe(TurnFate.Finished);

    [Theory]
    [InlineData(63, 0, "NeverStarted")]
    [InlineData(63, 5, "Underway")]
    [InlineData(361, 5, "Underway")]
    [InlineData(363, 5, "NeverStarted")]
    public void What_two_clocks_may_differ_by_makes_nothing_older_than_the_turn(double ago, double skew, string fate) =>
        Fate(At(ago, User("a", "else", 0)), Strange with { Skew = TimeSpan.FromMinutes(skew) }).ToString().ShouldBe(fate);

    [Fact]
    public void What_two_clocks_may_differ_by_makes_no_older_message_the_turns_own() =>
        Fate(At(60, First), Strange with { Skew = TimeSpan.FromMinutes(5) }).ShouldBe(TurnFate.Underway);

    [Fact]
    public void A_message_said_before_is_not_this_one() => Fate(At(3, First), Behind).ShouldBe(TurnFate.NeverStarted);

    [Fact]
    public void A_message_said_twice_is_the_newer_one() =>
        Missing(At(10, [.. First, User("b", "continue", 9), Says("b", "two", 9.5)]), Behind).ShouldBe(["b-two"]);

    [Fact]
    public void A_session_that_does_not_show_the_turn_before_proves_nothing()
    {
        Fate(At(10), Behind).ShouldBe(TurnFate.Underway);
        Fate(At(10, User("b", "continue", 9), Says("b", "two", 9.5)), Behind).ShouldBe(TurnFate.Underway);
    }

    [Fact]
    public void Where_the_turn_before_is_not_known_its_age_tells()
    {
        Fate(At(300, First), Strange).ShouldBe(TurnFate.NeverStarted);
        Missing(At(300, [.. First, User("b", "continue", 299), Says("b", "two", 299.5)]), Strange).ShouldBe(["b-two"]);
    }

    [Fact]
    public void What_is_too_old_to_be_ours_and_too_young_to_be_sure_is_left_alone() => Fate(At(30, First), Strange).ShouldBe(TurnFate.Underway);

    [Fact]
    public void Without_the_engines_clock_a_strange_session_proves_nothing() =>
        TurnJudgement.Of(new SessionHistory(First, null), Strange, Ago(2)).Fate.ShouldBe(TurnFate.Underway);

    [Fact]
    public void The_engines_clock_may_be_hours_off() => Missing(
        new SessionHistory([User("b", "continue", -7200 + 9), Says("b", "two", -7200 + 9.5)], Begin.AddSeconds(-7200 + 10)), Strange).ShouldBe(["b-two"]);

    [Fact]
    public void Another_message_in_our_place_is_neither_ours_nor_proof_that_there_is_none() =>
        Fate(At(10, [.. First, User("b", "rewritten by a plugin", 9), Says("b", "two", 9.5)]), Behind).ShouldBe(TurnFate.Underway);

    [Fact]
    public void Two_turns_that_could_both_be_ours_are_told_apart_by_nobody() =>
        Fate(At(10, [.. First, User("b", "continue", 9), Says("b", "two", 9.2), User("c", "continue", 9.5), Says("c", "three", 9.8)]), Behind).ShouldBe(TurnFate.Underway);

    [Fact]
    public void An_invocation_that_the_stream_showed_is_ours_whatever_was_said() => Missing(
        At(10, [.. First, User("b", "rewritten", 8), Says("b", "two", 9), User("c", "continue", 9.5), Says("c", "three", 9.8)]),
        Behind with { Streamed = Streamed(Line("b", null, null, partial: true)) }).ShouldBe(["b-two"]);

    [Fact]
    public void Events_that_came_are_known_by_their_id_or_by_their_time()
    {
        SessionEvent[] all = [User("a", "continue", 8), CallsTool("a", 8.25), ToolAnswers("a", 8.5), Says("a", "done", 9)];
        Missing(At(10, all), New with { Streamed = Streamed(Line("a", "a-call", null)) }).ShouldBe(["a-response", "a-done"]);
        Missing(At(10, all), New with { Streamed = Streamed(Line("a", "other", 8.25), Line("a", "another", 8.5)) }).ShouldBe(["a-done"]);
        Missing(At(10, all), New with { Streamed = Streamed(Line("a", "a-call", 8.25), Line("a", "a-response", 8.5), Line("a", "a-done", 9)) }).ShouldBeEmpty();
    }

    [Fact]
    public void A_session_behind_its_stream_is_waited_for() =>
        Fate(At(10, User("a", "continue", 8), Says("a", "one", 8.5)), New with { Streamed = Streamed(Line("a", "unseen", 9)) }).ShouldBe(TurnFate.Underway);

    [Fact]
    public void An_event_without_name_and_time_cannot_be_found_again() =>
        Fate(At(10, User("a", "continue", 8), Says("a", "one", 8.5)), New with { Streamed = Streamed(Line("a", null, null)) }).ShouldBe(TurnFate.Underway);

    [Fact]
    public void A_turn_that_streamed_something_has_started() =>
        Fate(At(10), New with { Streamed = Streamed("""{"chunk":"x"}""") }).ShouldBe(TurnFate.Underway);

    private static TurnFate Fate(SessionHistory history, TurnMemory memory) => TurnJudgement.Of(history, memory, Ago(2)).Fate;

    private static IEnumerable<string?> Missing(SessionHistory history, TurnMemory memory)
    {
        var judged = TurnJudgement.Of(history, memory, Ago(2));
        judged.Fate.ShouldBe(TurnFate.Finished);
        return judged.Missing.Select(e => e.Source.Member("name", "name")?.Text()?["s/events/".Length..]);
    }

    private static TimeSpan Ago(double seconds) => TimeSpan.FromSeconds(seconds);
}
