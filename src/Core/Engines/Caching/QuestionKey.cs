using System.Buffers;
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
/// Adds up what makes a question. Each part is preceded by its length: "ab" and "c" are not "a" and "bc". It begins with a secret of this process: nobody outside can
/// choose questions by what their keys have in common, nor tell from a key what was asked.
/// </summary>
/// <remarks>
/// A hash of the secret and the question, and no HMAC: what that protects beyond is a digest that is handed out, and this one never leaves the process. Most questions fit into the
/// buffer and are hashed at once, which costs a third of adding them up part by part.
/// </remarks>
internal sealed class QuestionDigest : IDisposable
{
    private const int BufferBytes = 1024;

    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _length;
    private IncrementalHash? _hash;

    public QuestionDigest() => Append(Secret);

    public void Add(ReadOnlySpan<byte> bytes)
    {
        AddLength(bytes.Length);
        Append(bytes);
    }

    public void Add(string? text)
    {
        if (text is null)
        {
            Add("\0"u8);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        AddLength(length);
        if (length <= _buffer.Length - _length)
        {
            _length += Encoding.UTF8.GetBytes(text, _buffer.AsSpan(_length));
        }
        else
        {
            Append(Encoding.UTF8.GetBytes(text));
        }
    }

    public QuestionKey ToKey(Delivery delivery)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        if (_hash is null)
        {
            SHA256.HashData(_buffer.AsSpan(0, _length), hash);
        }
        else
        {
            _hash.AppendData(_buffer, 0, _length);
            _hash.GetHashAndReset(hash);
        }

        return new QuestionKey(
            BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[(SHA256.HashSizeInBytes / 2)..]), delivery);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _hash?.Dispose();
    }

    private void AddLength(int bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes);
        Append(length);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _buffer.Length - _length)
        {
            _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            _hash.AppendData(_buffer, 0, _length);
            _length = 0;
            if (bytes.Length > _buffer.Length)
            {
                _hash.AppendData(bytes);
                return;
            }
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}
