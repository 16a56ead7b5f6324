using Sluice.ProcessesKit.Clients;

namespace Sluice.ProcessesKit.Checks;

/// <summary>Holds what clients saw, what nodes say and what the engine counted against what a gateway promises. Returns every promise that was broken.</summary>
internal static class Checker
{
    public static IReadOnlyList<string> Check(TurnEvidence turn) =>
        [.. Promises(turn).Select(broken => $"{turn.Question.Key} ({turn.Views.Select(view => view.Turn).FirstOrDefault(id => id is not null) ?? "no turn"}): {broken}")];

    private static IEnumerable<string> Promises(TurnEvidence turn) =>
        [.. turn.Views.SelectMany(Followed), .. Agreement(turn), .. turn.Views.SelectMany(view => Wholeness(view, turn)), .. Runs(turn)];

    // What can be told from one client's events alone.
    private static IEnumerable<string> Followed(TurnView view)
    {
        foreach (var wrong in view.Wrongs)
        {
            yield return $"answered with {wrong}";
        }

        if (view.Events.Count(e => e.IsTerminal) is var ends and not 1)
        {
            yield return $"{ends} last events";
        }

        if (view.Events.Count > 0 && !view.Events[^1].IsTerminal)
        {
            yield return "something came behind the last event";
        }

        for (var i = 1; i < view.Events.Count; i++)
        {
            if (view.Events[i].Sequence <= view.Events[i - 1].Sequence)
            {
                yield return $"{view.Events[i].Sequence} came after {view.Events[i - 1].Sequence}";
            }
            else if (view.Format == EventFormat.Events && !view.Events[i].IsGap && view.Events[i].Sequence > view.Events[i - 1].Sequence + 1)
            {
                yield return $"{view.Events[i].Sequence} came after {view.Events[i - 1].Sequence}, and no gap was told";
            }
            else if (view.Format == EventFormat.Events && view.Events[i].IsGap && view.Events[i].From > view.Events[i - 1].Sequence + 1)
            {
                yield return $"a gap from {view.Events[i].From} was told after {view.Events[i - 1].Sequence}";
            }
        }
    }

    // No turn vanishes, and all say the same of it.
    private static IEnumerable<string> Agreement(TurnEvidence turn)
    {
        if (turn.Views.Select(view => view.Turn).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            yield return $"one key, several turns: {string.Join(", ", turn.Views.Select(view => view.Turn ?? "none"))}";
        }

        foreach (var node in turn.Nodes)
        {
            if (node.State is null)
            {
                yield return $"node {node.Node} does not know it";
                continue;
            }

            foreach (var other in turn.Views.Select(view => view.End).Append(node.Events.LastOrDefault()?.State).Where(end => end != node.State).Distinct(StringComparer.Ordinal))
            {
                yield return $"node {node.Node} says {node.State}, a stream said {other ?? "nothing"}";
            }

            if (!Same(node.Events, turn.Nodes[0].Events) || !Same(node.Chunks, turn.Nodes[0].Chunks))
            {
                yield return $"node {node.Node} tells other events than node {turn.Nodes[0].Node}";
            }
        }
    }

    // What a client saw piece by piece is what one who reads from the beginning sees, and a completed turn's text is the engine's.
    private static IEnumerable<string> Wholeness(TurnView view, TurnEvidence turn)
    {
        var gaps = view.Events.Where(e => e.IsGap).ToList();
        if (turn.Nodes.Count > 0)
        {
            var told = (view.Format == EventFormat.Events ? turn.Nodes[0].Events : turn.Nodes[0].Chunks).Where(e => !e.IsGap).ToDictionary(e => e.Sequence);
            var seen = view.Events.Where(e => !e.IsGap).GroupBy(e => e.Sequence).ToDictionary(e => e.Key, e => e.First());
            foreach (var missed in told.Values.Where(e => !seen.ContainsKey(e.Sequence) && !gaps.Exists(gap => gap.From <= e.Sequence && e.Sequence <= gap.To)))
            {
                yield return $"{missed.Sequence} was missed";
            }

            foreach (var only in seen.Values.Where(e => !told.ContainsKey(e.Sequence) && !gaps.Exists(gap => gap.Sequence > e.Sequence)))
            {
                yield return $"{only.Sequence} was seen and is no more, and no gap was told behind it";
            }

            foreach (var changed in seen.Values.Where(e => told.TryGetValue(e.Sequence, out var now) && now.Content != e.Content))
            {
                yield return $"{changed.Sequence} was {changed.Data} and is {told[changed.Sequence].Data}";
            }
        }

        if (view.End == "completed")
        {
            var answer = turn.Question.Answer;

            var pieces = Pieces(view);
            var whole = view.Events.Select(e => e.WholeText).LastOrDefault(text => text is not null);
            if (whole is not null && whole != answer)
            {
                yield return $"the engine's last message was '{whole}'";
            }

            // Among the engine's own events the rest of a turn that was taken over is its last message, which has all of the text.
            if (!Makes(pieces, answer) && (view.Format == EventFormat.Chunks || whole is null || !answer.StartsWith(pieces[0], StringComparison.Ordinal)))
            {
                yield return $"its text was '{string.Join("' [gap] '", pieces)}'";
            }
        }
    }

    private static IEnumerable<string> Runs(TurnEvidence turn)
    {
        var ends = turn.Views.Select(view => view.End).ToList();
        if (turn.Runs > 1 && !ends.Contains("unknown", StringComparer.Ordinal))
        {
            yield return $"the engine ran it {turn.Runs} times";
        }

        if (turn.Runs == 0 && ends.Contains("completed", StringComparer.Ordinal))
        {
            yield return "it was completed and the engine never ran it";
        }
    }

    private static bool Same(IReadOnlyList<SeenEvent> one, IReadOnlyList<SeenEvent> other) =>
        one.Select(e => e.Content).SequenceEqual(other.Select(e => e.Content));

    /// <summary>The text between the gaps.</summary>
    private static List<string> Pieces(TurnView view)
    {
        List<string> pieces = [""];
        foreach (var next in view.Events)
        {
            if (next.IsGap)
            {
                pieces.Add("");
            }
            else
            {
                pieces[^1] += next.Text;
            }
        }

        return pieces;
    }

    // At a gap text may come again that had come before, and none may be left out: the first piece begins the text, the last one ends it, and they meet or overlap.
    private static bool Makes(List<string> pieces, string text) => pieces.Count == 1
        ? pieces[0] == text
        : text.StartsWith(pieces[0], StringComparison.Ordinal) && text.EndsWith(pieces[^1], StringComparison.Ordinal)
            && pieces.Sum(piece => piece.Length) >= text.Length && pieces.TrueForAll(piece => text.Contains(piece, StringComparison.Ordinal));
}
