using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.Keys;

/// <summary>
/// The text of an API key: <c>slk_</c>, 16 letters that name it, <c>_</c>, 52 letters that are its secret. Letters are a to z and 2 to 7: no two look alike, and a double click
/// takes all of it.
/// </summary>
/// <remarks>
/// The secret is 256 random bits and the hash of the text is all that is kept. A slow hash, made for passwords, would add nothing: there is no dictionary of such secrets to
/// try, and each request would pay for it.
/// </remarks>
public static class KeyText
{
    public const string Prefix = "slk_";
    public const int IdLength = 16;

    /// <summary>Bytes of a hash (SHA-256).</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    private const int SecretLength = 52;
    private const int Length = 4 + IdLength + 1 + SecretLength;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private static readonly SearchValues<char> Letters = SearchValues.Create(Alphabet);

    public static string New() => $"{Prefix}{RandomNumberGenerator.GetString(Alphabet, IdLength)}_{RandomNumberGenerator.GetString(Alphabet, SecretLength)}";

    /// <summary>Whether it has the form of a key; whether there is such a key is another question.</summary>
    public static bool IsKey(ReadOnlySpan<char> text) =>
        text.Length == Length
        && text.StartsWith(Prefix)
        && text[Prefix.Length + IdLength] == '_'
        && IsId(IdOf(text))
        && !text[^SecretLength..].ContainsAnyExcept(Letters);

    public static bool IsId(ReadOnlySpan<char> text) => text.Length == IdLength && !text.ContainsAnyExcept(Letters);

    /// <summary>The public name of a key.</summary>
    /// <param name="key">What <see cref="IsKey"/> holds for.</param>
    public static ReadOnlySpan<char> IdOf(ReadOnlySpan<char> key) => key.Slice(Prefix.Length, IdLength);

    /// <summary>The hash of a key's text in ASCII: what <c>sha256sum</c> prints of it.</summary>
    /// <param name="key">What <see cref="IsKey"/> holds for.</param>
    /// <param name="hash">Room for <see cref="HashLength"/> bytes.</param>
    public static void Hash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        Span<byte> ascii = stackalloc byte[Length];
        Encoding.ASCII.GetBytes(key, ascii);
        SHA256.HashData(ascii, hash);
    }
}
