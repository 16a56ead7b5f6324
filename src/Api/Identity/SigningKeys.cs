using System.Net;
using Microsoft.IdentityModel.Tokens;

namespace Sluice.Api.Identity;

/// <summary>
/// The public keys that identity tokens are signed with (JSON Web Key Set), fetched when they are first needed, again when they are no longer fresh, and when a token names one
/// that is not there; once, however many wait, and not more often than every few seconds, whatever tokens name.
/// </summary>
internal sealed partial class SigningKeys(HttpMessageInvoker http, Uri address, TimeProvider time, ILogger<SigningKeys> log)
{
    /// <summary>From one fetch to the next.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>How long keys are believed beyond their time while no others can be had.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    private const int LargestSet = 256 * 1024;
    private const int MostKeys = 64;
    private const int SmallestModulus = 2048;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestAge = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(24);
    private static readonly TimeSpan UsualAge = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private KeySet? _known;
    private Task _fetching = Task.CompletedTask;
    private DateTimeOffset _fetchedAt = DateTimeOffset.MinValue;

    /// <summary>The key of that name; else whether it is certain that there is none.</summary>
    public async ValueTask<(SecurityKey? Key, bool AreKnown)> FindAsync(string? name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var known = Volatile.Read(ref _known);
        if (known is not null && known.FreshUntil > now && Named(known) is { } key)
        {
            return (key, true);
        }

        if (string.IsNullOrEmpty(name))
        {
            return (null, true);
        }

        if (MayFetch(now, out var fetching))
        {
            await fetching.WaitAsync(cancellationToken);
        }

        known = Volatile.Read(ref _known);

        return known is not null && known.FreshUntil + Patience > now ? (Named(known), true) : (null, false);

        SecurityKey? Named(KeySet set) => name is null ? null : set.Keys.GetValueOrDefault(name);
    }

    private bool MayFetch(DateTimeOffset now, out Task fetching)
    {
        lock (_gate)
        {
            if (_fetching.IsCompleted && now - _fetchedAt >= Pause)
            {
                _fetchedAt = now;
                _fetching = Task.Run(FetchAsync);
            }

            fetching = _fetching;
            return !fetching.IsCompleted;
        }
    }

    // For all who wait: none of them ends it by leaving.
    private async Task FetchAsync()
    {
        using var deadline = new CancellationTokenSource(Timeout, time);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using var response = await http.SendAsync(request, deadline.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                NotFetched(log, $"{address} answered {(int)response.StatusCode}");
                return;
            }

            Volatile.Write(ref _known, Read(await ReadAsync(response, deadline.Token), AgeOf(response)));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or InvalidDataException)
        {
            NotFetched(log, e.Message);
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var read = new byte[LargestSet + 1];
        var length = await body.ReadAtLeastAsync(read, read.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= LargestSet ? read[..length] : throw new InvalidDataException("The key set is too large.");
    }

    private KeySet Read(byte[] json, TimeSpan age)
    {
        JsonWebKeySet set;
        try
        {
            set = new JsonWebKeySet(System.Text.Encoding.UTF8.GetString(json));
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            throw new InvalidDataException("What was fetched is no key set.", e);
        }

        var keys = new Dictionary<string, SecurityKey>(StringComparer.Ordinal);
        foreach (var key in set.Keys.Where(IsForSigning).Take(MostKeys))
        {
            if (JsonWebKeyConverter.TryConvertToSecurityKey(key, out var converted) && converted is AsymmetricSecurityKey)
            {
                keys.TryAdd(key.Kid, converted);
            }
        }

        return keys.Count > 0 ? new KeySet(keys, time.GetUtcNow() + age) : throw new InvalidDataException("The key set has no key that could be used.");
    }

    private static bool IsForSigning(JsonWebKey key) =>
        !string.IsNullOrEmpty(key.Kid)
        && key.Use is null or "sig"
        && (key is { Kty: JsonWebAlgorithmsKeyTypes.RSA, Alg: null or SecurityAlgorithms.RsaSha256, KeySize: >= SmallestModulus }
            || key is { Kty: JsonWebAlgorithmsKeyTypes.EllipticCurve, Alg: null or SecurityAlgorithms.EcdsaSha256, Crv: JsonWebKeyECTypes.P256 });

    private static TimeSpan AgeOf(HttpResponseMessage response) => response.Headers.CacheControl switch
    {
        { NoStore: true } or { NoCache: true } => ShortestAge,
        { MaxAge: { } said } => said - (response.Headers.Age ?? TimeSpan.Zero) is var left && left < ShortestAge ? ShortestAge : left > LongestAge ? LongestAge : left,
        _ => UsualAge,
    };

    [LoggerMessage(50, LogLevel.Warning, "The keys that identity tokens are signed with cannot be had: {Reason}")]
    private static partial void NotFetched(ILogger log, string reason);

    private sealed record KeySet(Dictionary<string, SecurityKey> Keys, DateTimeOffset FreshUntil);
}
