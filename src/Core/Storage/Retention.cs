namespace Sluice.Core.Storage;

/// <summary>How much is kept. Counted from a turn's last activity; a turn that has not ended stays.</summary>
public sealed record Retention
{
    /// <summary>Age of a turn's last activity. At the bound the turn is forgotten.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Bytes of everything kept. At the bound the turns go whose last activity is longest ago.</summary>
    public long Bytes { get; init; } = 1024L * 1024 * 1024;
}
