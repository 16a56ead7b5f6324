namespace Sluice.Emulator.Answers;

/// <summary>Ids in the service's shapes, the same series for one seed.</summary>
internal sealed class IdSource(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <summary>Nineteen digits, as the service names sessions, events and operations.</summary>
    public string Numeric()
    {
        lock (_lock) return _random.NextInt64(1_000_000_000_000_000_000, long.MaxValue).ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public Guid Uuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_lock) _random.NextBytes(bytes);
        bytes[7] = (byte)((bytes[7] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes);
    }

    public int Next()
    {
        lock (_lock) return _random.Next();
    }
}
