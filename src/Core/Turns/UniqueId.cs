using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sluice.Core.Turns;

/// <summary>
/// UUIDs of version 7 (RFC 9562): 48 bits of time, 74 of chance from the cryptographic generator, so that no one guesses another's. The chance is fetched for many
/// ids at once: asking the kernel for each costs more than everything else about an id.
/// </summary>
internal static class UniqueId
{
    private const int ChanceBytes = 10;

    [ThreadStatic]
    private static byte[]? _chance;

    [ThreadStatic]
    private static int _left;

    public static Guid New()
    {
        var chance = _chance ??= new byte[ChanceBytes * 128];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(chance);
            _left = chance.Length;
        }

        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(id, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 16);
        _left -= ChanceBytes;
        var mine = chance.AsSpan(_left, ChanceBytes);
        mine.CopyTo(id[6..]);

        // Not left behind in memory, where a later reader of it would know an id in use.
        mine.Clear();
        id[6] = (byte)(0x70 | (id[6] & 0x0F));
        id[8] = (byte)(0x80 | (id[8] & 0x3F));
        return new Guid(id, bigEndian: true);
    }
}
