using System.Globalization;
using System.Text.Json;
using Sluice.ProcessesKit.Checks;
using Sluice.ProcessesKit.Clients;
using Sluice.ProcessesKit.Clusters;
using Xunit.Abstractions;

namespace Sluice.ProcessesKit.Scenarios;

/// <summary>What a scenario came to.</summary>
internal sealed class Outcome
{
    private const int ShownAtMost = 20;

    private readonly string _name;
    private readonly Cluster _cluster;
    private readonly IReadOnlyCollection<TurnView> _views;
    private readonly IReadOnlyList<TurnEvidence> _turns;

    private Outcome(string name, Cluster cluster, IReadOnlyCollection<TurnView> views, IReadOnlyList<TurnEvidence> turns) =>
        (_name, _cluster, _views, _turns) = (name, cluster, views, turns);

    /// <summary>Looks at every turn, when all nodes are up again.</summary>
    public static async Task<Outcome> OfAsync(string name, Cluster cluster, IReadOnlyCollection<TurnView> views) =>
        new(name, cluster, views, await Examination.OfAsync(cluster, views));

    public int Count(string end) => _turns.Count(turn => turn.Views[0].End == end);

    /// <summary>Streams that ended before their turn had.</summary>
    public int Interruptions => _views.Sum(view => view.Interruptions.Count);

    public int ReadersToldOfGaps => _views.Count(view => view.Events.Exists(e => e.IsGap));

    /// <summary>Says in a few lines what happened: to the test's output, and to the file that <c>SLUICE_DURABILITY_REPORT</c> names.</summary>
    public void Tell(ITestOutputHelper output, params IReadOnlyList<Disturbance> disturbances)
    {
        var lines = Lines(disturbances).ToList();
        lines.ForEach(output.WriteLine);
        if (Environment.GetEnvironmentVariable("SLUICE_DURABILITY_REPORT") is { Length: > 0 } report)
        {
            File.AppendAllLines(report, lines);
        }
    }

    /// <summary>Every promise held, and no node logged an error.</summary>
    public void ShouldBeSound()
    {
        var broken = _turns.SelectMany(Checker.Check).ToList();
        broken.Count.ShouldBe(0, $"{broken.Count} promises broken, by {_name}:\n{string.Join('\n', broken.Take(ShownAtMost))}\n{Logs()}");
        _turns.ShouldNotBeEmpty();
        var errors = _cluster.Nodes.SelectMany(node => node.Errors().Select(line => $"node {node.Number}: {line}")).ToList();
        errors.Count.ShouldBe(0, $"{errors.Count} errors logged, by {_name}:\n{string.Join('\n', errors.Take(ShownAtMost))}");
    }

    /// <summary>No turn was lost on the way: what is planned costs nothing.</summary>
    public void ShouldHaveCompletedAll()
    {
        var others = _turns.SelectMany(turn => turn.Views).Where(view => view.End != "completed").ToList();
        others.Count.ShouldBe(0, $"{others.Count} readers of {_name} saw no turn completed:\n{string.Join('\n', others.Take(ShownAtMost).Select(view => $"{view.Question.Key} ({view.Turn}): {view.Events.LastOrDefault()?.Data}"))}");
    }

    private IEnumerable<string> Lines(IReadOnlyList<Disturbance> disturbances)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{_name}: {_turns.Count} turns, {Count("completed")} completed, {Count("unknown")} unknown, {Count("failed")} failed, {Count("cancelled")} cancelled; {Interruptions} interruptions, {ReadersToldOfGaps} readers were told a gap");
        foreach (var ends in _turns.Select(turn => turn.Views[0]).Where(view => view.End != "completed").GroupBy(CodeOf))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{_name}: {ends.Count()} ended as {ends.Key}");
        }

        foreach (var disturbance in disturbances)
        {
            var times = disturbance.Resumptions(_views);
            yield return times.Count == 0
                ? $"{_name}: {disturbance.What}: broke no stream"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_name}: {disturbance.What}: {times.Count} streams broke; next event after min {Ms(times[0])}, p50 {Ms(times[times.Count / 2])}, p99 {Ms(times[times.Count * 99 / 100])}, max {Ms(times[^1])} ms");
        }
    }

    private static string CodeOf(TurnView view)
    {
        using var end = JsonDocument.Parse(view.Events.LastOrDefault()?.Data ?? "{}");
        return end.RootElement.TryGetProperty("code", out var code) ? $"{view.End}, {code}" : view.End ?? "nothing";
    }

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;

    private string Logs()
    {
        const int enough = 4000;
        return string.Join('\n', _cluster.Nodes.Select(node => $"node {node.Number} logged last:\n{(node.Output is { Length: > enough } long_ ? long_[^enough..] : node.Output)}"));
    }
}
