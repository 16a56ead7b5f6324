using Sluice.Core.Sessions;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>The bounds of the host and its sessions, as <see cref="SessionLimits"/> declares them.</summary>
internal static class SessionOptions
{
    public static readonly SettingSection Section = new("Sessions", "Bounds of sessions and their turns, for this process");

    private static readonly SessionLimits Unset = new();

    private static readonly Setting<int> QueuedTurns = Section.Add(
        "QueuedTurns", Count(0, 10_000), Unset.QueuedTurns,
        "Turns waiting behind the running one of a session. At the bound requests are refused.");

    private static readonly Setting<int> LogEvents = Section.Add(
        "LogEvents", Count(16, 10_000_000), Unset.LogEvents,
        "Events the log of a turn holds. At the bound the oldest go; a reader that still needed them is told.");

    private static readonly Setting<long> LogBytes = Section.Add(
        "LogBytes", Size(64 * 1024, 1024 * 1024 * 1024), Unset.LogBytes,
        "Bytes the log of a turn holds. At the bound the oldest events go; a reader that still needed them is told.");

    private static readonly Setting<int> RememberedTurns = Section.Add(
        "RememberedTurns", Count(1, 100_000), Unset.RememberedTurns,
        "Ended turns a session remembers. At the bound the oldest is forgotten.");

    private static readonly Setting<long> RememberedBytesPerSession = Section.Add(
        "RememberedBytesPerSession", Size(64 * 1024, 1024 * 1024 * 1024), Unset.RememberedBytesPerSession,
        "Bytes of logs of ended turns a session remembers. At the bound the oldest turn is forgotten.");

    private static readonly Setting<int> MaxSessions = Section.Add(
        "MaxSessions", Count(1, 10_000_000), Unset.Sessions,
        "Sessions held at a time. At the bound the one idle longest is forgotten; if none is idle, requests are refused.");

    private static readonly Setting<long> RememberedBytes = Section.Add(
        "RememberedBytes", Size(1024 * 1024, 1024L * 1024 * 1024 * 1024), Unset.RememberedBytes,
        "Bytes of logs of ended turns. At the bound the sessions idle longest are forgotten.");

    private static readonly Setting<TimeSpan> IdleTimeout = Section.Add(
        "IdleTimeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)), Unset.IdleTimeout,
        "How long a session with nothing to do stays in memory.");

    public static SessionLimits Read(SettingReader settings) => new()
    {
        QueuedTurns = settings.Get(QueuedTurns),
        LogEvents = settings.Get(LogEvents),
        LogBytes = (int)settings.Get(LogBytes),
        RememberedTurns = settings.Get(RememberedTurns),
        RememberedBytesPerSession = (int)settings.Get(RememberedBytesPerSession),
        Sessions = settings.Get(MaxSessions),
        RememberedBytes = settings.Get(RememberedBytes),
        IdleTimeout = settings.Get(IdleTimeout),
    };
}
