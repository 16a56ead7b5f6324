using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>
/// Whose tokens were that have been validated: a signature takes longer to check than everything else about a request. By their hashes, so that no token lies in memory, and
/// only for a while, so that a signing key that is withdrawn counts soon.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class KnownTokens(TimeProvider time)
{
    /// <summary>Of each of two generations: at the bound the older one is forgotten.</summary>
    public const int Most = 4096;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private ConcurrentDictionary<Digest, (Caller Caller, DateTimeOffset Until)> _young = new();
    private ConcurrentDictionary<Digest, (Caller Caller, DateTimeOffset Until)> _old = new();

    public Caller? Find(string token)
    {
        var digest = Digest.Of(token);
        return (_young.TryGetValue(digest, out var known) || _old.TryGetValue(digest, out known)) && known.Until > time.GetUtcNow() ? known.Caller : null;
    }

    /// <param name="token">The token.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="left">How long it is still valid.</param>
    public void Add(string token, Caller caller, TimeSpan left)
    {
        if (_young.Count >= Most)
        {
            _old = _young;
            _young = new();
        }

        _young[Digest.Of(token)] = (caller, time.GetUtcNow() + (left < Longest ? left : Longest));
    }

    private readonly record struct Digest(ulong A, ulong B, ulong C, ulong D)
    {
        public static Digest Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];

            // Headers are Latin-1 or ASCII; UTF-8 tells all strings apart.
            var bytes = Encoding.UTF8.GetByteCount(token);
            Span<byte> text = bytes <= 2048 ? stackalloc byte[bytes] : new byte[bytes];
            Encoding.UTF8.GetBytes(token, text);
            SHA256.HashData(text, hash);
            return MemoryMarshal.Read<Digest>(hash);
        }
    }
}
