using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Sluice.Api.Endpoints;

/// <summary>What Kestrel holds a client to before and around our own code.</summary>
internal sealed class KestrelLimits(HttpSurfaceOptions options) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;

        // Ours counts, and answers with a problem; with Kestrel's own limit the rest of a refused body would be met with a reset, which can overtake the 413.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.RequestHeadersTimeout = options.HeadersTimeout;
        kestrel.Limits.MaxResponseBufferSize = options.ResponseBufferBytes;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(options.SlowestSender, options.SlownessGrace);

        // Counts only while a write waits: a silent stream is not slow, a reader that takes nothing is.
        kestrel.Limits.MinResponseDataRate = new MinDataRate(options.SlowestReader, options.SlownessGrace);
    }
}
