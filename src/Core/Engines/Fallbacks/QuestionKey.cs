using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>What tells one question from another: a SHA-256, so that nothing of what was asked is kept.</summary>
internal readonly record struct QuestionKey(UInt128 High, UInt128 Low);

/// <summary>Adds up what makes a question. Each part is preceded by its length: "ab" and "c" are not "a" and "bc".</summary>
internal sealed class QuestionDigest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
    }

    public void Add(string? text) => Add(text is null ? "\0"u8 : Encoding.UTF8.GetBytes(text));

    public QuestionKey ToKey()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _hash.GetHashAndReset(hash);
        return new QuestionKey(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[(SHA256.HashSizeInBytes / 2)..]));
    }

    public void Dispose() => _hash.Dispose();
}
