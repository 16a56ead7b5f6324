using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sluice.Api.Problems;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;

namespace Sluice.Api.Requests;

/// <summary>The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header) and what follows from it.</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    private const int MaxLength = 255;

    /// <summary>What a key may be, for error messages.</summary>
    public static readonly string Form = $"must have 1 to {MaxLength} visible ASCII characters.";

    /// <summary>The draft writes keys as quoted strings, most clients do not: both spellings are one key. Null when there is none.</summary>
    public static Problem? TryRead(HttpRequest request, out string? key)
    {
        key = null;
        if (!request.Headers.TryGetValue(Header, out var values))
        {
            return null;
        }

        if (values is [{ } value])
        {
            key = value is ['"', .. var quoted, '"'] ? quoted : value;
            if (IsKey(key))
            {
                return null;
            }
        }

        return Problem.Invalid(Header, $"must be given once and have 1 to {MaxLength} visible ASCII characters.");
    }

    public static bool IsKey(string key) => key is { Length: > 0 and <= MaxLength } && !key.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>
    /// The session of a request that names none: the same for every repeat, on every host, so that the repeat finds the turn.
    /// </summary>
    public static SessionId SessionOf(Caller caller, string key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, caller.Tenant.Value);
        Append(hash, caller.Subject);
        Append(hash, key);
        return SessionId.Parse("idem-" + Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>
    /// Digest of what is asked of whom. How it is delivered, and what to do when the session is busy, does not make it another request.
    /// </summary>
    public static string FingerprintOf(SessionId session, in InvokeBody body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, session.Value);
        Append(hash, body.UserId);
        Append(hash, body.ClassMethod);
        Append(hash, body.Engine);
        hash.AppendData([body.Input.IsText ? (byte)1 : (byte)0]);
        hash.AppendData(body.Input.Json.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // With its length in front: no two lists of parts make the same bytes.
    private static void Append(IncrementalHash hash, string? part)
    {
        var bytes = Encoding.UTF8.GetBytes(part ?? "");
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, part is null ? -1 : bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
