using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace Sluice.Vertex.Transport;

/// <summary>
/// The trace a call belongs to, as W3C <c>traceparent</c> and <c>tracestate</c> and as Google's older <c>X-Cloud-Trace-Context: TRACE/SPAN;o=1</c>, whose span
/// is a decimal number.
/// </summary>
internal static class TraceHeaders
{
    public static void Write(HttpRequestHeaders headers)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity)
        {
            return;
        }

        headers.TryAddWithoutValidation("traceparent", id);
        if (activity.TraceStateString is { Length: > 0 } state)
        {
            headers.TryAddWithoutValidation("tracestate", state);
        }

        headers.TryAddWithoutValidation("X-Cloud-Trace-Context", CloudTrace(activity));
    }

    private static string CloudTrace(Activity activity)
    {
        var span = ulong.Parse(activity.SpanId.ToHexString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return $"{activity.TraceId.ToHexString()}/{span};o={(activity.Recorded ? 1 : 0)}";
    }
}
