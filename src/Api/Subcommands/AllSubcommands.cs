using Sluice.Api.Probing;

namespace Sluice.Api.Subcommands;

/// <summary>All there are, in the order in which <c>--help</c> tells of them.</summary>
internal static class AllSubcommands
{
    public static IReadOnlyList<Subcommand> InOrder { get; } = [ProbeCommand.Subcommand];

    /// <summary>The one that a command line begins with; null: it is the gateway's own.</summary>
    public static Subcommand? Of(IReadOnlyList<string> arguments) =>
        arguments is [var name, ..] ? InOrder.FirstOrDefault(subcommand => subcommand.Name == name) : null;
}
