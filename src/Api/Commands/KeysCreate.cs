using System.Globalization;
using Sluice.Api.Configuration;
using Sluice.Core.Audit;
using Sluice.Core.Callers;
using Sluice.Core.Keys;

namespace Sluice.Api.Commands;

/// <summary><c>sluice keys create</c>: makes a key, keeps its hash and prints it, alone on the standard output.</summary>
internal sealed class KeysCreate(IReadOnlyList<string> arguments) : ICommand
{
    private const string Tenant = "--tenant";
    private const string Subject = "--subject";
    private const string ScopesFlag = "--scopes";
    private const string Expires = "--expires";
    private const string Format = "--format";
    private const string PrintSettings = "--print-settings";

    private const string Help = """
        Usage: sluice keys create --tenant <name> [options]

        Makes an API key and prints it on the standard output. It is shown this once; what is kept is a hash.
        Gateways take it within a second or two, without being started anew.

          --tenant <name>      whose sessions and turns it is for: 1 to 64 of A-Z, a-z, 0-9, dot, underscore, hyphen
          --subject <name>     for whom it speaks in the tenant; default: for itself. A key that takes another's place
                               has the same: idempotency keys belong to the subject
          --scopes <scopes>    one or more of invoke, read, operate, with commas between; default invoke,read
          --expires <when>     how long from now, with its unit m, h or d (90d), or a time (2027-01-31T00:00:00Z); default: never
          --format text|json   text: the key alone, and what it is on the standard error. json: all of it
          --print-settings     keep nothing; print the settings by which a gateway that stores nothing takes the key
          --<key> <value>      the gateway's configuration, as for the gateway itself: it tells where the keys are

        """;

    private readonly CommandLineFlags _flags = CommandLineFlags.Parse(arguments, [Tenant, Subject, ScopesFlag, Expires, Format], [PrintSettings], words: 0);

    public Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error) =>
        CommandRun.RunAsync(_flags, Help, environment, output, error, (stores, options) => CreateAsync(stores, options, output, error));

    private async Task<int> CreateAsync(AccessStores stores, GatewayOptions options, TextWriter output, TextWriter error)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (Read(now, out var key, out var text) is { } problem)
        {
            return CommandRun.Refuse(error, problem);
        }

        if (_flags.Has(PrintSettings))
        {
            PrintSettingsOf(key, text, output, error);
            return CommandRun.Success;
        }

        if (stores.Keys is not { } keys)
        {
            return CommandRun.Refuse(error, $"this gateway stores nothing ({StorageOptions.DataSetting.Key}): with {PrintSettings} the key goes into its configuration");
        }

        var entry = new AuditEntry(AuditAction.KeyCreated, now)
        {
            Tenant = key.Tenant.Value,
            Subject = key.Subject,
            CredentialId = key.Id,
            Scopes = key.Scopes,
        };
        await stores.RecordAsync(entry, CancellationToken.None);
        if (!await keys.AddAsync(key, CancellationToken.None))
        {
            await stores.RecordAsync(entry with { Reason = "not_kept" }, CancellationToken.None);
            return CommandRun.Refuse(error, $"there are {IKeyStore.Most} keys, and there may be no more; those that have ended are forgotten {IKeyStore.RememberedFor.TotalDays} days later");
        }

        await PrintAsync(key, text, options, output, error, now);
        return CommandRun.Success;
    }

    private async Task PrintAsync(ApiKey key, string text, GatewayOptions options, TextWriter output, TextWriter error, DateTimeOffset now)
    {
        if (_flags[Format] == "json")
        {
            await output.WriteLineAsync(KeyJson.Write(key, text, now));
        }
        else
        {
            await output.WriteLineAsync(text);
            var end = key.ExpiresAt is { } expires ? $"until {KeyJson.Write(expires)}" : "until it is revoked";
            await error.WriteLineAsync($"sluice: key {key.Id} of tenant {key.Tenant}, for {key.Subject}, may {ScopeNames.Write(key.Scopes)} {end}. It is not shown again.");
        }

        if (!options.Auth.IsRequired)
        {
            await error.WriteLineAsync($"sluice: a gateway with this configuration asks nobody for a key: set {AuthOptions.ModeSetting.Key} to required");
        }
    }

    private static void PrintSettingsOf(ApiKey key, string text, TextWriter output, TextWriter error)
    {
        output.WriteLine(text);
        error.WriteLine($"Sluice__Auth__Keys__{key.Id}__Hash={Convert.ToHexStringLower(key.Hash.Span)}");
        error.WriteLine($"Sluice__Auth__Keys__{key.Id}__Tenant={key.Tenant}");
        error.WriteLine($"Sluice__Auth__Keys__{key.Id}__Subject={key.Subject}");
        error.WriteLine($"Sluice__Auth__Keys__{key.Id}__Scopes={ScopeNames.Write(key.Scopes).Replace(' ', ',')}");
        if (key.ExpiresAt is { } end)
        {
            error.WriteLine($"Sluice__Auth__Keys__{key.Id}__Expires={KeyJson.Write(end)}");
        }
    }

    private string? Read(DateTimeOffset now, out ApiKey key, out string text)
    {
        (key, text) = (null!, KeyText.New());
        if (_flags[Tenant] is not { } tenant || !TenantId.IsName(tenant))
        {
            return $"{Tenant} is needed: 1 to 64 of A-Z, a-z, 0-9, dot, underscore and hyphen";
        }

        if (_flags[Subject] is { } subject && !AuthOptions.IsSubject(subject))
        {
            return $"{Subject} is not 1 to 128 visible ASCII characters";
        }

        if (!ScopeNames.TryParse(_flags[ScopesFlag] ?? "invoke,read", out var scopes))
        {
            return $"{ScopesFlag} is not one or more of invoke, read, operate, with commas between";
        }

        DateTimeOffset? end = null;
        if (_flags[Expires] is { } when && !TryReadEnd(when, now, out end))
        {
            return $"{Expires} is not a time to come: how long from now, such as 90d or 12h, or 2027-01-31T00:00:00Z";
        }

        if (_flags[Format] is not (null or "text" or "json"))
        {
            return $"{Format} is not text or json";
        }

        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        var id = KeyText.IdOf(text).ToString();
        key = new ApiKey
        {
            Id = id,
            Tenant = new TenantId(tenant),
            Subject = _flags[Subject] ?? id,
            Scopes = scopes,
            Hash = hash,
            CreatedAt = now,
            ExpiresAt = end,
        };
        return null;
    }

    private static bool TryReadEnd(string text, DateTimeOffset now, out DateTimeOffset? end)
    {
        const int MostDays = 36_600;
        end = null;
        var minutes = text[^1] switch { 'm' => 1, 'h' => 60, 'd' => 24 * 60, _ => 0 };
        if (minutes > 0 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            end = count > 0 && count <= MostDays * 24L * 60 / minutes ? now.AddMinutes(count * minutes) : null;
        }
        else if (DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            end = time > now ? time : null;
        }

        return end is not null;
    }
}
