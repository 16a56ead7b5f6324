using Sluice.Core.Callers;
using Sluice.Core.Keys;

namespace Sluice.Api.Commands;

/// <summary><c>sluice keys list</c>: what is kept of the keys.</summary>
internal sealed class KeysList(IReadOnlyList<string> arguments) : ICommand
{
    private const string Tenant = "--tenant";
    private const string Format = "--format";

    private const string Help = """
        Usage: sluice keys list [options]

          --tenant <name>      only its keys
          --format text|json   a table, or an array of objects
          --<key> <value>      the gateway's configuration, as for the gateway itself: it tells where the keys are

        Keys that have ended or were revoked are listed for 90 days.

        """;

    private static readonly string[] Titles = ["ID", "TENANT", "SUBJECT", "SCOPES", "STATE", "CREATED", "EXPIRES"];

    private readonly CommandLineFlags _flags = CommandLineFlags.Parse(arguments, [Tenant, Format], [], words: 0);

    public Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error) =>
        CommandRun.RunAsync(_flags, Help, environment, output, error, async (stores, options) =>
        {
            if (_flags[Format] is not (null or "text" or "json"))
            {
                return CommandRun.Refuse(error, $"{Format} is not text or json");
            }

            var stored = stores.Keys is { } store ? (await store.ReadAsync(unless: null, CancellationToken.None))!.Keys : [];
            List<ApiKey> keys = [.. options.Auth.Keys.Concat(stored).Where(key => _flags[Tenant] is not { } tenant || key.Tenant.Value == tenant)];
            var now = TimeProvider.System.GetUtcNow();
            await output.WriteLineAsync(_flags[Format] == "json" ? KeyJson.Write(keys, now) : Table([Titles, .. keys.Select(key => RowOf(key, now))]));
            return CommandRun.Success;
        });

    private static string[] RowOf(ApiKey key, DateTimeOffset now) =>
    [
        key.Id,
        key.Tenant.Value,
        key.Subject,
        ScopeNames.Write(key.Scopes).Replace(' ', ','),
        KeyJson.NameOf(key.StateAt(now)),
        key.CreatedAt == default ? "configured" : KeyJson.Write(key.CreatedAt),
        key.ExpiresAt is { } end ? KeyJson.Write(end) : "never",
    ];

    private static string Table(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, Titles.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Join('\n', rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()));
    }
}
