using System.Collections.Frozen;
using System.Text;

namespace Sluice.Emulator.Control;

/// <summary>What can be made to go wrong with one call. In text each is its name in kebab case.</summary>
public enum Fault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>429 RESOURCE_EXHAUSTED with ErrorInfo, and RetryInfo when the script says how long.</summary>
    Quota,

    /// <summary>503 UNAVAILABLE.</summary>
    Unavailable,

    /// <summary>502.</summary>
    BadGateway,

    /// <summary>500 INTERNAL.</summary>
    Internal,

    /// <summary>504 DEADLINE_EXCEEDED.</summary>
    Deadline,

    /// <summary>499 CANCELLED, though the caller did not cancel.</summary>
    Cancelled,

    /// <summary>400 FAILED_PRECONDITION, details "Service Unavailable" or <see cref="Script.ErrorText"/>: a container that is still starting.</summary>
    ColdContainer,

    /// <summary>400 FAILED_PRECONDITION with empty details.</summary>
    ColdContainerEmpty,

    /// <summary>400 FAILED_PRECONDITION with an exception of the agent, the request data echoed.</summary>
    AgentError,

    /// <summary>401 UNAUTHENTICATED, as for an expired token.</summary>
    Unauthenticated,

    /// <summary>403 PERMISSION_DENIED.</summary>
    Forbidden,

    /// <summary>404 NOT_FOUND for the engine.</summary>
    NotFound,

    /// <summary>200 with no body at all.</summary>
    Empty,

    /// <summary>A line {"code": ...} with <see cref="Script.LineCode"/> after <see cref="Script.After"/> events, then a clean end.</summary>
    ClosedLine,

    /// <summary>A line {"error": ...} after <see cref="Script.After"/> events, then a clean end.</summary>
    ErrorLine,

    /// <summary>The whole answer, then a line {"code": ...} with <see cref="Script.LineCode"/>.</summary>
    LateError,

    /// <summary>Half an event after <see cref="Script.After"/> whole ones, then a clean end.</summary>
    Truncate,

    /// <summary>Half an event after <see cref="Script.After"/> whole ones, then a TCP reset.</summary>
    TruncateReset,

    /// <summary>Silence after <see cref="Script.After"/> events, for <see cref="Script.Delay"/> or until the client leaves.</summary>
    Stall,

    /// <summary>The service's limit on a stream, <see cref="Script.Delay"/> after its start: cut in the middle of an event.</summary>
    Cap,

    /// <summary>Everything is well, <see cref="Script.Delay"/> late.</summary>
    SlowFirstByte,

    /// <summary>A TCP reset before any header.</summary>
    Reset,
}

/// <summary>The names of <see cref="Fault"/> in scripts and counters.</summary>
internal static class FaultNames
{
    private static readonly FrozenDictionary<string, Fault> ByName = Enum.GetValues<Fault>().ToFrozenDictionary(Kebab, StringComparer.Ordinal);
    private static readonly FrozenDictionary<Fault, string> ByFault = ByName.ToFrozenDictionary(p => p.Value, p => p.Key);

    public static IEnumerable<string> All => ByName.Keys.Order(StringComparer.Ordinal);

    public static string Text(this Fault fault) => ByFault[fault];

    public static bool TryParse(string text, out Fault fault) => ByName.TryGetValue(text, out fault);

    private static string Kebab(Fault fault)
    {
        var text = new StringBuilder();
        foreach (var c in fault.ToString())
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('-');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
