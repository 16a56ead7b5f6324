namespace Sluice.Bench.Driver.Setups;

/// <summary>What stands between a request and its turn, each alone and all together. The first, without any, is what the others are compared with.</summary>
internal static class Gates
{
    // Made for this and good for nothing else: its hash is all that a gateway is told.
    private const string KeyId = "benchbenchbenchb";
    private const string Key = $"slk_{KeyId}_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly (string, string)[] Keys =
    [
        ("Sluice__Auth__Mode", "required"),
        ($"Sluice__Auth__Keys__{KeyId}__Hash", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(Key)))),
        ($"Sluice__Auth__Keys__{KeyId}__Tenant", "bench"),
    ];

    private static readonly (string, string)[] Unrecorded = [("Sluice__Audit__Record", "off")];

    // Nowhere near: that they are asked is what is measured.
    private static readonly (string, string)[] Limits =
    [
        ("Sluice__Limits__RequestsPerMinute__Key", "1000000000"),
        ("Sluice__Limits__RequestsPerMinute__Address", "1000000000"),
        ("Sluice__Limits__ConcurrentTurns__Key", "1000000"),
        ("Sluice__Limits__TokensPerMinute__Key", "1000000000000"),
        ("Sluice__Limits__TenantTokens", "1000000000000"),
    ];

    private static readonly (string, string)[] Cache = [("Sluice__Cache__Ttl", "1h")];

    private static readonly string[] Known = [$"x-api-key: {Key}"];

    // The engine is asked, and its answer kept, every time.
    private static readonly string[] Missing = ["Cache-Control: no-cache"];

    public static readonly Setup[] All =
    [
        new("open", _ => [("Sluice__Auth__Mode", "none"), .. Unrecorded]),
        new("keys", _ => [.. Keys, .. Unrecorded]) { Headers = Known },
        new("audit", _ => [.. Keys, ("Logging__LogLevel__Sluice", "Information")]) { Headers = Known },
        new("limits", _ => [("Sluice__Auth__Mode", "none"), .. Unrecorded, .. Limits]),
        new("cache-miss", _ => [("Sluice__Auth__Mode", "none"), .. Unrecorded, .. Cache]) { Headers = Missing },
        new("all", _ => [.. Keys, ("Logging__LogLevel__Sluice", "Information"), .. Limits, .. Cache]) { Headers = [.. Known, .. Missing] },
        new("cache-hit", _ => [("Sluice__Auth__Mode", "none"), .. Unrecorded, .. Cache]),
    ];
}
