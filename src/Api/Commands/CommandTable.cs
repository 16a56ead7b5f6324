using Sluice.Api.Probing;

namespace Sluice.Api.Commands;

/// <summary>The commands, by the words in front.</summary>
internal static class CommandTable
{
    /// <summary>For <c>--help</c>.</summary>
    public static IReadOnlyList<(string Words, string Meaning)> All { get; } =
    [
        ("keys create", "make an API key and print it, this once"),
        ("keys list", "list API keys"),
        ("keys revoke", "revoke an API key"),
        ("audit verify", "prove that the audit trail is unbroken, or name the first record that is not"),
        ("probe <url>", "ask a gateway what its callers ask, print what came of it as JSON, exit with 0 or 2"),
    ];

    /// <summary>Null: the words in front are no command's.</summary>
    public static ICommand? Find(string[] arguments) => arguments switch
    {
        ["keys", "create", .. var rest] => new KeysCreate(rest),
        ["keys", "list", .. var rest] => new KeysList(rest),
        ["keys", "revoke", .. var rest] => new KeysRevoke(rest),
        ["audit", "verify", .. var rest] => new AuditVerify(rest),
        ["keys" or "audit", ..] => new UnknownCommand(arguments),
        ["probe", .. var rest] => new ProbeCommand(rest),
        _ => null,
    };
}
