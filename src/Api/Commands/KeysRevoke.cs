using Sluice.Core.Audit;
using Sluice.Core.Keys;

namespace Sluice.Api.Commands;

/// <summary><c>sluice keys revoke</c>: ends a key.</summary>
internal sealed class KeysRevoke(IReadOnlyList<string> arguments) : ICommand
{
    private const string Help = """
        Usage: sluice keys revoke <id> [options]

        Gateways refuse the key within a second or two, without being started anew. Turns that it started go on.

          --<key> <value>      the gateway's configuration, as for the gateway itself: it tells where the keys are

        """;

    private readonly CommandLineFlags _flags = CommandLineFlags.Parse(arguments, [], [], words: 1);

    public Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error) =>
        CommandRun.RunAsync(_flags, Help, environment, output, error, async (stores, options) =>
        {
            if (_flags.Words is not [var id])
            {
                return CommandRun.Refuse(error, "which key? 'sluice keys list' tells their ids");
            }

            if (KeyText.IsKey(id))
            {
                return CommandRun.Refuse(error, $"that is the key itself, which everyone on the machine can see on a command line; its id is {KeyText.IdOf(id)}");
            }

            if (!KeyText.IsId(id))
            {
                return CommandRun.Refuse(error, "that is no key's id: 'sluice keys list' tells them");
            }

            if (options.Auth.Keys.Any(key => key.Id == id))
            {
                return CommandRun.Refuse(error, $"key {id} is in the configuration, and ends when it is taken out there");
            }

            return await RevokeAsync(stores, id, error);
        });

    private static async Task<int> RevokeAsync(AccessStores stores, string id, TextWriter error)
    {
        if (stores.Keys is not { } keys
            || (await keys.ReadAsync(unless: null, CancellationToken.None))!.Keys.FirstOrDefault(known => known.Id == id) is not { } key)
        {
            await error.WriteLineAsync($"sluice: there is no key {id}");
            return CommandRun.Failed;
        }

        var now = TimeProvider.System.GetUtcNow();
        await stores.RecordAsync(
            new AuditEntry(AuditAction.KeyRevoked, now) { Tenant = key.Tenant.Value, Subject = key.Subject, CredentialId = key.Id, Scopes = key.Scopes }, CancellationToken.None);
        var revoked = await keys.RevokeAsync(id, now, CancellationToken.None);
        await error.WriteLineAsync($"sluice: key {id} of tenant {key.Tenant} is revoked since {KeyJson.Write(revoked!.RevokedAt!.Value)}");
        return CommandRun.Success;
    }
}
