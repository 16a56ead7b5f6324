using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Caching;

/// <summary>What tells one question from another: a digest, so that nothing of what was asked is kept.</summary>
/// <param name="High">Its first half.</param>
/// <param name="Low">Its second.</param>
/// <param name="Delivery">How the engine was asked, where that makes another answer; null: it does not.</param>
internal readonly record struct QuestionKey(UInt128 High, UInt128 Low, Delivery? Delivery);

/// <summary>
/// Adds up what makes a question. Each part is preceded by its length: "ab" and "c" are not "a" and "bc". Keyed by a secret of this process: nobody outside can
/// choose questions by what their keys have in common, nor tell from a key what was asked.
/// </summary>
internal sealed class QuestionDigest : IDisposable
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    private readonly IncrementalHash _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Secret);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
    }

    public void Add(string? text) => Add(text is null ? "\0"u8 : Encoding.UTF8.GetBytes(text));

    public QuestionKey ToKey(Delivery delivery)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return new QuestionKey(
            BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[(HMACSHA256.HashSizeInBytes / 2)..]), delivery);
    }

    public void Dispose() => _hash.Dispose();
}
