using Sluice.Api.Probing;

namespace Sluice.Api.Commands;

/// <summary>The commands, by the words in front.</summary>
internal static class CommandTable
{
    /// <summary>For <c>--help</c>.</summary>
    public static IReadOnlyList<(string Words, string Meaning)> All { get; } =
    [
        ("probe <url>", "ask a gateway what its callers ask, print what came of it as JSON, exit with 0 or 2"),
    ];

    /// <summary>Null: the words in front are no command's.</summary>
    public static ICommand? Find(string[] arguments) => arguments switch
    {
        ["probe", .. var rest] => new ProbeCommand(rest),
        _ => null,
    };
}
