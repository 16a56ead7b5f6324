using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Sluice.Api.Configuration;

namespace Sluice.Api.Hosting;

/// <summary>Where and within which bounds Kestrel listens.</summary>
internal static class Listening
{
    public static void AddListening(this WebApplicationBuilder builder, HttpOptions options)
    {
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
            kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            // A stream may be as slow as its engine; that its client is gone is noticed by writing to it, heartbeats included.
            kestrel.Limits.MinResponseDataRate = null;
            if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
            {
                Listen(kestrel, options.Port, builder.Environment.IsDevelopment());
            }
        });
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = options.InlineScheduling);
    }

    private static void Listen(Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions kestrel, int port, bool locally)
    {
        if (!locally)
        {
            kestrel.ListenAnyIP(port);
        }
        else if (port == 0)
        {
            // There is no one port that is free on both loopback addresses.
            kestrel.Listen(IPAddress.Loopback, port);
        }
        else
        {
            kestrel.ListenLocalhost(port);
        }
    }
}
