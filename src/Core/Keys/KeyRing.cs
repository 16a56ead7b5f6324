using System.Security.Cryptography;
using Sluice.Core.Callers;

namespace Sluice.Core.Keys;

/// <summary>All keys that there are, at one moment.</summary>
public sealed class KeyRing
{
    // What no key has: compared with where there is no key of that name, so that finding out takes as long.
    private static readonly byte[] NoHash = RandomNumberGenerator.GetBytes(KeyText.HashLength);

    private readonly Dictionary<string, (ApiKey Key, Caller Caller)>.AlternateLookup<ReadOnlySpan<char>> _keys;

    /// <param name="keys">Of two with the same name the first counts.</param>
    public KeyRing(IEnumerable<ApiKey> keys)
    {
        var byId = new Dictionary<string, (ApiKey Key, Caller Caller)>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            byId.TryAdd(key.Id, (key, new Caller(key.Tenant, key.Subject) { Scopes = key.Scopes, CredentialId = key.Id }));
        }

        _keys = byId.GetAlternateLookup<ReadOnlySpan<char>>();
        Count = byId.Count;
    }

    public int Count { get; }

    /// <summary>Whose key it is. The same work whether there is a key of that name or not.</summary>
    /// <param name="text">What <see cref="KeyText.IsKey"/> holds for.</param>
    /// <param name="now">The time.</param>
    /// <param name="caller">Whose it is; set exactly when the answer is a state.</param>
    /// <returns>Null: there is no such key. A state is told only to one who has the whole key.</returns>
    public KeyState? Find(ReadOnlySpan<char> text, DateTimeOffset now, out Caller? caller)
    {
        Span<byte> hash = stackalloc byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        var isKnown = _keys.TryGetValue(KeyText.IdOf(text), out var found);
        var isSame = CryptographicOperations.FixedTimeEquals(hash, isKnown ? found.Key.Hash.Span : NoHash);
        caller = isKnown & isSame ? found.Caller : null;
        return caller is null ? null : found.Key.StateAt(now);
    }
}
