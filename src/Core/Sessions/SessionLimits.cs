namespace Sluice.Core.Sessions;

/// <summary>The bounds of a host and its sessions; each says what happens at the bound.</summary>
public sealed record SessionLimits
{
    /// <summary>Turns waiting behind the running one. At the bound: <see cref="Refusal.QueueFull"/>.</summary>
    public int QueuedTurns { get; init; } = 8;

    /// <summary>Events a turn's log holds. At the bound the oldest go; a reader that still needed them is told.</summary>
    public int LogEvents { get; init; } = 16_384;

    /// <summary>Bytes a turn's log holds. At the bound the oldest events go; a reader that still needed them is told.</summary>
    public int LogBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Ended turns a session remembers. At the bound the oldest is forgotten.</summary>
    public int RememberedTurns { get; init; } = 64;

    /// <summary>Bytes of logs of ended turns a session remembers. At the bound the oldest turn is forgotten.</summary>
    public int RememberedBytesPerSession { get; init; } = 16 * 1024 * 1024;

    /// <summary>Sessions a host holds. At the bound the one idle longest is forgotten; if none is idle: <see cref="Refusal.TooManySessions"/>.</summary>
    public int Sessions { get; init; } = 50_000;

    /// <summary>Bytes of logs of ended turns a host holds. At the bound the sessions idle longest are forgotten.</summary>
    public long RememberedBytes { get; init; } = 128L * 1024 * 1024;

    /// <summary>How long a session with nothing to do stays in memory.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long it may take a host that stops to hand over the turns that are left. At the bound they are let go of, and found like those of a process that died.</summary>
    public TimeSpan HandOverTime { get; init; } = TimeSpan.FromSeconds(1);
}
