using System.Buffers;

namespace Sluice.Vertex.Framing;

/// <summary>Bytes that grow, in an array of the shared pool. One owner; disposing gives the array back.</summary>
internal sealed class PooledBytes : IDisposable
{
    private byte[] _array = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _array.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length).Span);
        Length += bytes.Length;
    }

    public void Append(byte value)
    {
        Room(1).Span[0] = value;
        Length++;
    }

    /// <summary>Free space behind what is written, at least <paramref name="least"/> bytes of it.</summary>
    public Memory<byte> Room(int least)
    {
        if (_array.Length - Length < least)
        {
            var grown = ArrayPool<byte>.Shared.Rent(Math.Max(Length + least, Math.Max(256, _array.Length * 2)));
            Written.CopyTo(grown);
            Return();
            _array = grown;
        }

        return _array.AsMemory(Length);
    }

    /// <summary>Counts bytes that were put into <see cref="Room"/>.</summary>
    public void Wrote(int count) => Length += count;

    public void Dispose()
    {
        Return();
        _array = [];
        Length = 0;
    }

    private void Return()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }
    }
}
