using System.Diagnostics;
using System.Globalization;

namespace Sluice.Api.Observability;

/// <summary>
/// Which trace a request belongs to: the one of a valid W3C <c>traceparent</c>, else of Google's <c>X-Cloud-Trace-Context</c>, else a new one. A header that
/// is not valid is as if it were not there: given on, it would cost the request its trace id.
/// </summary>
internal sealed class InboundTraceContext : DistributedContextPropagator
{
    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";
    private const string CloudTraceContext = "X-Cloud-Trace-Context";

    // W3C Trace Context, section 3.3.1.5: at least this many have to be passed on; more is a caller filling our spans.
    private const int TraceStateLength = 512;

    private readonly DistributedContextPropagator _w3c = CreateW3CPropagator();

    public override IReadOnlyCollection<string> Fields { get; } = [TraceParent, TraceState, CloudTraceContext];

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        traceId = traceState = null;
        if (getter is null)
        {
            return;
        }

        getter(carrier, TraceParent, out var traceParent, out _);
        if (traceParent is not null && ActivityContext.TryParse(traceParent, null, isRemote: true, out _))
        {
            traceId = traceParent;
            getter(carrier, TraceState, out var state, out _);
            traceState = state?.Length <= TraceStateLength ? state : null;
            return;
        }

        getter(carrier, CloudTraceContext, out var cloud, out _);
        traceId = FromCloudTraceContext(cloud);
    }

    /// <summary>None is taken in: a stranger's baggage would travel on to the engine.</summary>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => _w3c.Inject(activity, carrier, setter);

    /// <summary>Reads <c>TRACE_ID/SPAN_ID;o=OPTIONS</c>: 32 hexadecimal digits, a decimal number, and 1 for a sampled trace.</summary>
    internal static string? FromCloudTraceContext(string? value)
    {
        const int TraceLength = 32;
        const int Longest = 80;
        if (value is not { Length: >= TraceLength and <= Longest })
        {
            return null;
        }

        var trace = value[..TraceLength].ToLowerInvariant();
        var rest = value.AsSpan(TraceLength);
        if (trace.AsSpan().ContainsAnyExcept("0123456789abcdef") || !trace.AsSpan().ContainsAnyExcept('0'))
        {
            return null;
        }

        var options = rest.IndexOf(";o=");
        var sampled = options >= 0 && int.TryParse(rest[(options + 3)..], NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && (bits & 1) == 1;
        var spanText = options >= 0 ? rest[..options] : rest;
        ulong span = 0;
        if (!spanText.IsEmpty
            && (spanText[0] != '/' || !ulong.TryParse(spanText[1..], NumberStyles.None, CultureInfo.InvariantCulture, out span)))
        {
            return null;
        }

        // Without a span, or with 0, as people write it by hand: the trace is honoured all the same, and W3C wants a parent.
        var parent = span == 0 ? ActivitySpanId.CreateRandom().ToHexString() : span.ToString("x16", CultureInfo.InvariantCulture);
        return $"00-{trace}-{parent}-{(sampled ? "01" : "00")}";
    }
}
