using Sluice.ProcessesKit.Clients;

namespace Sluice.ProcessesKit.Checks;

/// <summary>What a node says of a turn when all is over.</summary>
/// <param name="Node">Which.</param>
/// <param name="State">The turn's state; null when the node does not know it.</param>
/// <param name="Events">Its events from the beginning, as the engine's own.</param>
/// <param name="Chunks">Its events from the beginning, as text.</param>
internal sealed record NodeView(int Node, string? State, IReadOnlyList<SeenEvent> Events, IReadOnlyList<SeenEvent> Chunks);

/// <summary>All that is known of one turn.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="Views">What each of its clients has seen.</param>
/// <param name="Nodes">What each node says when all is over.</param>
/// <param name="Runs">How often the engine began it.</param>
internal sealed record TurnEvidence(Question Question, IReadOnlyList<TurnView> Views, IReadOnlyList<NodeView> Nodes, long Runs);
