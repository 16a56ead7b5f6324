using System.Diagnostics.Tracing;
using System.Globalization;

namespace Sluice.Api.Observability;

/// <summary>
/// Says in the log that telemetry does not arrive, at most once a minute: OpenTelemetry itself keeps its troubles to an event source nobody listens to.
/// </summary>
internal sealed partial class ExportTroubles(ILogger<ExportTroubles> log, TimeProvider time) : EventListener
{
    private const int Enough = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();
    private long? _last;
    private int _unsaid;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name.StartsWith("OpenTelemetry-", StringComparison.Ordinal))
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        int unsaid;
        lock (_gate)
        {
            if (_last is { } last && time.GetElapsedTime(last) < Interval)
            {
                _unsaid++;
                return;
            }

            _last = time.GetTimestamp();
            unsaid = _unsaid;
            _unsaid = 0;
        }

        TelemetryNotExported(log, Describe(eventData), unsaid);
    }

    private static string Describe(EventWrittenEventArgs trouble)
    {
        var text = string.Format(CultureInfo.InvariantCulture, trouble.Message ?? trouble.EventName ?? "", [.. trouble.Payload ?? []]);
        return text.Length <= Enough ? text : text[..Enough];
    }

    [LoggerMessage(3, LogLevel.Warning, "Telemetry is not exported: {Trouble} ({Unsaid} more since the last time this was said)")]
    private static partial void TelemetryNotExported(ILogger log, string trouble, int unsaid);
}
