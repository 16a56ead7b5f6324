namespace Sluice.Vertex.Recovery;

/// <summary>An instant by the engine's clock, in microseconds since 1970: what events carry in either of their shapes, whole.</summary>
internal readonly record struct EventStamp(long Micros)
{
    /// <summary>Behind any instant in seconds that an engine will ever print: the year 5138.</summary>
    private const double MostSeconds = 1e11;

    public static EventStamp None => default;

    public bool IsKnown => Micros != 0;

    /// <summary>The moment; for a known stamp.</summary>
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddTicks(Micros * TimeSpan.TicksPerMicrosecond);

    /// <param name="number">As a stream prints it: seconds from Python and Go, milliseconds from JavaScript.</param>
    public static EventStamp Of(double number) => number > 0 && number < MostSeconds * 1000
        ? new EventStamp((long)Math.Round(number < MostSeconds ? number * 1e6 : number * 1e3))
        : None;

    public static EventStamp Of(DateTimeOffset time) => new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>The same instant, but for what a float of that size cannot hold.</summary>
    public bool IsSame(EventStamp other) => IsKnown && Math.Abs(Micros - other.Micros) <= 1;
}
