using Sluice.Api.Identity;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Whether callers have to say who they are.</summary>
internal enum AuthMode
{
    /// <summary>They have to where anything is configured by which they could. Else they are not told apart, and must be on this machine.</summary>
    Auto,

    /// <summary>They have to.</summary>
    Required,

    /// <summary>They are not told apart, wherever they are.</summary>
    None,
}

/// <summary>Who may call, and as whom.</summary>
internal sealed record AuthOptions
{
    private const int MostKeys = 1000;
    private const int MostAudiences = 16;
    private const int MostCallers = 1000;
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ssK";

    public static readonly SettingSection Section = new("Auth", "Who may call");

    public static readonly Setting<AuthMode> ModeSetting = Section.Add(
        "Mode", Choice<AuthMode>(), AuthMode.Auto,
        "required: every request but those for health and the card has to bring an API key (sluice keys --help) or an identity token. none: callers are not told apart, "
            + "from wherever they come: for a gateway that only those you trust can reach. auto: required when keys or audiences are set below; else callers are not told "
            + "apart and the gateway listens on loopback only.");

    private static readonly Setting<string?> KeyHash = Section.Add(
        "Keys:<id>:Hash", Text("64 hexadecimal digits", 64, IsHash), null,
        "SHA-256 of an API key, for a gateway that stores nothing; sluice keys create --print-settings makes one. <id> is the key's. At most 1000.");

    private static readonly Setting<string?> KeyTenant = Section.Add(
        "Keys:<id>:Tenant", TenantForm, null,
        "Tenant of that key.");

    private static readonly Setting<string?> KeySubject = Section.Add(
        "Keys:<id>:Subject", SubjectForm, null,
        "For whom that key speaks in its tenant; unset: for itself. Keys with the same subject can take each other's place.");

    private static readonly Setting<Scopes> KeyScopes = Section.Add(
        "Keys:<id>:Scopes", ScopesForm, Scopes.Invoke | Scopes.Read,
        "What that key may do.");

    private static readonly Setting<DateTimeOffset?> KeyExpires = Section.Add(
        "Keys:<id>:Expires", InstantForm, null,
        "When that key ends.");

    public static readonly Setting<string?> AudienceSetting = Section.Add(
        "Google:Audiences:<n>", Text("a text of at most 512 characters", 512, text => !string.IsNullOrWhiteSpace(text)), null,
        "An audience of Google's identity tokens that is this gateway's own, such as its URL: tokens for others are refused. At most 16. With none, no identity token is taken.");

    private static readonly Setting<TimeSpan> ClockSkewSetting = Section.Add(
        "ClockSkew", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(5)), TimeSpan.FromSeconds(30),
        "By how much the clock of whoever signs identity tokens may differ from this one.");

    public static readonly Setting<string?> CallerEmail = Section.Add(
        "Callers:<n>:Email", Text("an address of at most 320 characters", 320, text => text.Contains('@', StringComparison.Ordinal)), null,
        "A caller with identity tokens, by the address in them, which has to be verified: a service account's or a person's. Those not listed are refused. At most 1000.");

    private static readonly Setting<string?> CallerSubject = Section.Add(
        "Callers:<n>:Subject", Text("a token's sub, of at most 255 characters", 255), null,
        "The same by the account's unique id instead, for tokens without an address.");

    private static readonly Setting<string?> CallerTenant = Section.Add(
        "Callers:<n>:Tenant", TenantForm, null,
        "Tenant of that caller.");

    private static readonly Setting<Scopes> CallerScopes = Section.Add(
        "Callers:<n>:Scopes", ScopesForm, Scopes.Invoke | Scopes.Read,
        "What that caller may do.");

    public static readonly Setting<Uri?> TestIssuerSetting = Section.Add(
        "TestIssuer", BaseUrl, null,
        "Address on loopback of one that signs identity tokens in Google's place, such as the emulator. Only in Development: its tokens prove nothing.");

    private static Form<string?> TenantForm => Text("1 to 64 of A-Z, a-z, 0-9, dot, underscore and hyphen", 64, TenantId.IsName);

    private static Form<string?> SubjectForm => Text("1 to 128 visible ASCII characters", 128, IsSubject);

    private static Form<Scopes> ScopesForm => new("one or more of invoke, read, operate, with commas between", ScopeNames.TryParse, ScopeNames.Write);

    private static Form<DateTimeOffset?> InstantForm => new(
        "a time such as 2027-01-31T00:00:00Z",
        (string text, out DateTimeOffset? value) =>
        {
            var read = DateTimeOffset.TryParseExact(
                text, Instant, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var instant);
            value = read ? instant : null;
            return read;
        },
        value => value!.Value.UtcDateTime.ToString(Instant, System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Callers have to say who they are.</summary>
    public required bool IsRequired { get; init; }

    /// <summary>Callers are not told apart, and nobody said that they may be anywhere.</summary>
    public required bool IsLocal { get; init; }

    public required IReadOnlyList<ApiKey> Keys { get; init; }

    public required TokenOptions Tokens { get; init; }

    public static AuthOptions Read(SettingReader settings, bool isDevelopment)
    {
        var keys = ReadKeys(settings);
        var tokens = ReadTokens(settings, isDevelopment);
        var mode = settings.Get(ModeSetting);
        var isConfigured = keys.Count > 0 || tokens.Audiences.Count > 0;
        if (mode == AuthMode.None && isConfigured)
        {
            settings.Refuse(ModeSetting, "with none nobody is asked for the keys and identity tokens that are configured as well: one of the two has to go");
        }

        return new AuthOptions
        {
            IsRequired = mode == AuthMode.Required || (mode == AuthMode.Auto && isConfigured),
            IsLocal = mode == AuthMode.Auto && !isConfigured,
            Keys = keys,
            Tokens = tokens,
        };
    }

    /// <summary>What takes the rest of the configuration to tell.</summary>
    public static void Judge(SettingReader settings, GatewayOptions options, bool isDevelopment)
    {
        var isStored = options.Replicas.Host == HostKind.Replicas || options.Storage.Data is not null and not StorageOptions.Memory || (options.Storage.Data is null && isDevelopment);
        if (options.Auth is { IsRequired: true, Keys.Count: 0, Tokens.Audiences.Count: 0 } && !isStored)
        {
            settings.Refuse(
                ModeSetting,
                $"nobody could call: there is no store for API keys ({StorageOptions.DataSetting.Key}), and neither {KeyHash.Key} nor {AudienceSetting.At("0").Key} is set");
        }
    }

    public static bool IsSubject(string text) => text.Length is > 0 and <= 128 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigit);

    private static List<ApiKey> ReadKeys(SettingReader settings)
    {
        var keys = new List<ApiKey>();
        foreach (var id in settings.PartsOf(KeyHash))
        {
            var hash = KeyHash.At(id);
            if (!KeyText.IsId(id))
            {
                settings.Refuse(hash, $"'{id}' is no key's id: those are {KeyText.IdLength} of a-z and 2-7");
            }
            else if (settings.Get(hash) is not { } said)
            {
                settings.Refuse(hash, "is needed with the other settings of a key");
            }
            else if (settings.Get(KeyTenant.At(id)) is not { } tenant)
            {
                settings.Refuse(KeyTenant.At(id), "is needed: a key belongs to a tenant");
            }
            else
            {
                keys.Add(new ApiKey
                {
                    Id = id,
                    Tenant = new TenantId(tenant),
                    Subject = settings.Get(KeySubject.At(id)) ?? id,
                    Scopes = settings.Get(KeyScopes.At(id)),
                    Hash = Convert.FromHexString(said),
                    CreatedAt = default,
                    ExpiresAt = settings.Get(KeyExpires.At(id)),
                });
            }
        }

        if (keys.Count > MostKeys)
        {
            settings.Refuse(KeyHash.At(keys[MostKeys].Id), $"there may be {MostKeys} keys in the configuration; a store holds more");
        }

        return keys;
    }

    private static TokenOptions ReadTokens(SettingReader settings, bool isDevelopment)
    {
        var audiences = settings.PartsOf(AudienceSetting).Select(n => settings.Get(AudienceSetting.At(n))).OfType<string>().ToList();
        var callers = ReadCallers(settings);
        if (audiences.Count > MostAudiences)
        {
            settings.Refuse(AudienceSetting.At("0"), $"there may be {MostAudiences} audiences");
        }

        if (audiences.Count > 0 && callers.Count == 0 && settings.Problems.Count == 0)
        {
            settings.Refuse(AudienceSetting.At("0"), $"is of no use while nobody is listed: set {CallerEmail.At("0").Key} and {CallerTenant.At("0").Key}");
        }

        if (callers.Count > 0 && audiences.Count == 0)
        {
            settings.Refuse(CallerEmail.At("0"), $"is of no use while tokens for nobody are taken: set {AudienceSetting.At("0").Key}");
        }

        var issuer = settings.Get(TestIssuerSetting);
        if (issuer is not null && !isDevelopment)
        {
            settings.Refuse(TestIssuerSetting, "is for Development only: whoever reaches it can be anybody");
        }
        else if (issuer is { IsLoopback: false })
        {
            settings.Refuse(TestIssuerSetting, $"'{issuer}' is not on loopback");
        }

        return new TokenOptions
        {
            Audiences = audiences,
            Callers = callers,
            ClockSkew = settings.Get(ClockSkewSetting),
            Keys = issuer is null ? TokenOptions.GoogleKeys : new Uri(issuer, "/oauth2/v3/certs"),
        };
    }

    private static List<AllowedCaller> ReadCallers(SettingReader settings)
    {
        var callers = new List<AllowedCaller>();
        foreach (var n in settings.PartsOf(CallerEmail))
        {
            var (email, subject) = (settings.Get(CallerEmail.At(n)), settings.Get(CallerSubject.At(n)));
            if (email is null == subject is null)
            {
                settings.Refuse(CallerEmail.At(n), $"a caller is known by this or by {CallerSubject.At(n).Key}, and by one of them only");
            }
            else if (settings.Get(CallerTenant.At(n)) is not { } tenant)
            {
                settings.Refuse(CallerTenant.At(n), "is needed: a caller belongs to a tenant");
            }
            else if (callers.Any(other => string.Equals(other.Email ?? other.Subject, email ?? subject, StringComparison.OrdinalIgnoreCase)))
            {
                settings.Refuse(CallerEmail.At(n), $"'{email ?? subject}' is listed twice");
            }
            else
            {
                callers.Add(new AllowedCaller(email, subject, new TenantId(tenant), settings.Get(CallerScopes.At(n))));
            }
        }

        if (callers.Count > MostCallers)
        {
            settings.Refuse(CallerEmail.At("0"), $"there may be {MostCallers} callers");
        }

        return callers;
    }
}
