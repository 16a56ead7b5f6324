using System.Diagnostics;
using Sluice.ProcessesKit.Clients;

namespace Sluice.ProcessesKit.Scenarios;

/// <summary>Something that was done to a node or to what it needs.</summary>
/// <param name="What">In words.</param>
/// <param name="Node">The node whose clients notice.</param>
/// <param name="At">When, in ticks of the stopwatch.</param>
internal sealed record Disturbance(string What, int Node, long At)
{
    public static Disturbance Now(string what, int node) => new(what, node, Stopwatch.GetTimestamp());

    /// <summary>From here to the next event of each turn whose stream it broke.</summary>
    public IReadOnlyList<TimeSpan> Resumptions(IEnumerable<TurnView> views) =>
    [
        .. views.Where(view => view.Events is [var first, ..] && first.At < At && view.Interruptions.Exists(broken => broken.Node == Node && broken.At >= At))
            .Select(view => view.Events.Find(e => e.At > view.Interruptions.Find(broken => broken.Node == Node && broken.At >= At)!.At))
            .OfType<SeenEvent>()
            .Select(next => Stopwatch.GetElapsedTime(At, next.At))
            .Order(),
    ];
}
