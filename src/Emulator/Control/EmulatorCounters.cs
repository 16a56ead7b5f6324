namespace Sluice.Emulator.Control;

/// <summary>Everything counted since the start or the last reset.</summary>
public sealed record EmulatorCounters
{
    public required long Calls { get; init; }

    public required IReadOnlyDictionary<string, long> CallsByVerb { get; init; }

    public required IReadOnlyDictionary<int, long> ResponsesByStatus { get; init; }

    /// <summary>Faults injected, by name; scripts without a fault do not count.</summary>
    public required IReadOnlyDictionary<string, long> Faults { get; init; }

    /// <summary>How often the agent was started, by the message it was asked.</summary>
    public required IReadOnlyDictionary<string, long> Turns { get; init; }

    public required long Cancelled { get; init; }

    public required long EventsSent { get; init; }

    public required int Running { get; init; }

    public required int MaxRunning { get; init; }

    public required long ConnectionsAccepted { get; init; }

    public required int ConnectionsOpen { get; init; }

    /// <summary>Access, identity and OAuth token requests together.</summary>
    public required long TokenRequests { get; init; }

    public long FaultCount(Fault fault) => Faults.GetValueOrDefault(fault.Text());

    public long TurnsRun(string message) => Turns.GetValueOrDefault(message);
}
