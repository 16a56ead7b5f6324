namespace Sluice.Vertex.Recovery;

internal enum TurnFate : byte
{
    /// <summary>The engine began it, or something that may be it, and there is no end of it to be seen.</summary>
    Underway,

    /// <summary>Nothing in the session can be this turn. One look proves nothing: events appear late.</summary>
    NeverStarted,

    /// <summary>The last that was said is a final response. Whether more follows, a second look tells.</summary>
    Finished,
}

/// <summary>What an engine's session says of a turn: a pure function of what was read and what is known here.</summary>
/// <param name="Fate">How far it got.</param>
/// <param name="Invocation">The engine's name for it, when it is there.</param>
/// <param name="Events">How many events the session has of it.</param>
/// <param name="Missing">For <see cref="TurnFate.Finished"/>: those that its readers did not get, in order.</param>
/// <param name="LastAt">When its last event was.</param>
internal readonly record struct TurnJudgement(TurnFate Fate, string? Invocation, int Events, IReadOnlyList<SessionEvent> Missing, EventStamp LastAt)
{
    /// <summary>Before the first look.</summary>
    public static TurnJudgement Nothing { get; } = new(TurnFate.Underway, null, 0, [], EventStamp.None);

    /// <summary>The engine's two clocks, of its front end and of its container, agree better than this; the front end cuts off fractions.</summary>
    private static readonly TimeSpan Close = TimeSpan.FromSeconds(2);

    /// <summary>No two clocks in one data centre are as far apart as this: what is older by more is older.</summary>
    private static readonly TimeSpan Far = TimeSpan.FromMinutes(1);

    /// <summary>Nothing has come to the turn since that other look.</summary>
    public bool Shows(in TurnJudgement other) => Fate == other.Fate && Events == other.Events && string.Equals(Invocation, other.Invocation, StringComparison.Ordinal);

    /// <param name="history">The engine's session.</param>
    /// <param name="memory">What is known here.</param>
    /// <param name="sentAgo">How long before the reading the turn was sent: a duration here is compared with one there, never two clocks.</param>
    public static TurnJudgement Of(SessionHistory history, TurnMemory memory, TimeSpan sentAgo)
    {
        var isMaybeThere = memory.Streamed.Any;
        var invocation = memory.Streamed.Invocation ?? Find(history, memory, sentAgo, ref isMaybeThere);
        if (invocation is null)
        {
            return new TurnJudgement(isMaybeThere ? TurnFate.Underway : TurnFate.NeverStarted, null, 0, [], EventStamp.None);
        }

        var all = history.Events.Where(e => string.Equals(e.Invocation, invocation, StringComparison.Ordinal)).ToList();
        var answers = all.Where(e => e is { IsUsers: false, IsPartial: false }).ToList();
        var isFinished = answers.FindLast(e => e.Speaks) is { IsFinal: true } && TryFindMissing(answers, memory.Streamed, out var missing) ? missing : null;
        return new TurnJudgement(
            isFinished is null ? TurnFate.Underway : TurnFate.Finished, invocation, all.Count, isFinished ?? [], all.Count > 0 ? all[^1].At : EventStamp.None);
    }

    // Which of the session's turns is this one, when the stream did not say? Text alone decides nothing: "continue" may be said twice. And only what cannot be
    // this turn, whatever its text, counts as not being there: an engine's plugins may rewrite a message.
    private static string? Find(SessionHistory history, TurnMemory memory, TimeSpan sentAgo, ref bool isMaybeThere)
    {
        var first = 0;
        if (memory.LastInvocation is { Length: > 0 } last)
        {
            first = history.Events.ToList().FindLastIndex(e => string.Equals(e.Invocation, last, StringComparison.Ordinal)) + 1;
            if (first == 0)
            {
                // Not even the turn before this one is there yet.
                isMaybeThere = true;
                return null;
            }
        }

        string? found = null;
        var isOne = true;
        foreach (var e in history.Events.Skip(first))
        {
            var age = history.AgeOf(e);
            if (memory.LastInvocation is null && age > sentAgo + memory.Skew + Far)
            {
                continue;
            }

            isMaybeThere = true;
            if (e.IsUsers && e.Invocation.Length > 0 && string.Equals(e.Text, memory.Message, StringComparison.Ordinal)
                && (age is null ? memory.LastInvocation is not null : age <= sentAgo + Close))
            {
                isOne &= found is null || string.Equals(found, e.Invocation, StringComparison.Ordinal);
                found = e.Invocation;
            }
        }

        return isOne ? found : null;
    }

    // Streams bring an event after the session has it, so those that came are its beginning. If one is not there, the session is behind.
    private static bool TryFindMissing(List<SessionEvent> answers, StreamedEvents streamed, out List<SessionEvent> missing)
    {
        var next = 0;
        missing = [];
        if (streamed.IsIncomplete)
        {
            return false;
        }

        foreach (var came in streamed.Whole)
        {
            var at = answers.FindIndex(next, e => e.Is(came));
            if (at < 0)
            {
                return false;
            }

            next = at + 1;
        }

        missing = answers[next..];
        return true;
    }
}
