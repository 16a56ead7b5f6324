using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Sluice.Api.Configuration;

namespace Sluice.Api.Hosting;

/// <summary>Where Kestrel listens, and how many connections it keeps.</summary>
internal static class Listening
{
    public static void AddListening(this WebApplicationBuilder builder, ListeningOptions options, MetricsOptions metrics)
    {
        var said = builder.Configuration[WebHostDefaults.ServerUrlsKey];
        var locally = options.OnLoopback || builder.Environment.IsDevelopment();
        var scraped = metrics is { Enabled: true, Port: > 0 };
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRoutingCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.KeepAliveTimeout = options.KeepAliveTimeout;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            if (options.Role == Role.Grpc)
            {
                // Before there is an endpoint. Prometheus asks in HTTP/1.1 whatever the others speak.
                kestrel.ConfigureEndpointDefaults(endpoint =>
                    endpoint.Protocols = scraped && endpoint.IPEndPoint?.Port == metrics.Port ? HttpProtocols.Http1 : HttpProtocols.Http2);
            }

            if (!string.IsNullOrEmpty(said))
            {
                return;
            }

            Listen(kestrel, options.Port, locally);
            if (scraped)
            {
                Listen(kestrel, metrics.Port, locally);
            }
        });
        if (scraped && !string.IsNullOrEmpty(said))
        {
            // One more among the addresses: with a port set as above, Kestrel would not look at them.
            builder.WebHost.UseUrls(said, $"http://{(locally ? "localhost" : "*")}:{metrics.Port}");
        }

        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.UnsafePreferInlineScheduling = options.InlineScheduling);
    }

    private static void Listen(KestrelServerOptions kestrel, int port, bool locally)
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
