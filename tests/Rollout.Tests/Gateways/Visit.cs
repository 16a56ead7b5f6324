namespace Sluice.Rollout.Tests.Gateways;

/// <summary>A request that has found its revision.</summary>
/// <param name="Revision">The one that has to answer.</param>
/// <param name="Percent">The revision's share of the traffic just then.</param>
/// <param name="AtTag">It came by the revision's own URL, not by the service's.</param>
/// <param name="Path">Of the gateway, such as <c>/invoke</c>.</param>
/// <param name="Number">How many have come to this path of this revision by the same URL before.</param>
internal sealed record Visit(string Revision, int Percent, bool AtTag, string Path, int Number)
{
    public bool IsTurn => Path.StartsWith("/invoke", StringComparison.Ordinal);
}
