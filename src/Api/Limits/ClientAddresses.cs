using System.Net;
using System.Net.Sockets;
using Sluice.Api.Endpoints;

namespace Sluice.Api.Limits;

/// <summary>
/// Tells from where a request came: the connection's other end, and behind it only what proxies say that the operator has named. Reading from the right, the first address nobody
/// vouches for is the client's: all that stands left of it the client may have written itself.
/// </summary>
internal sealed class ClientAddresses(HttpSurfaceOptions options)
{
    /// <summary>The least that one subscriber of an IPv6 network has: within it he may have any address.</summary>
    private const int SubscriberPrefix = 64;

    /// <summary>The client's address, of IPv4 also where the socket is for both families.</summary>
    public IPAddress Of(HttpContext context)
    {
        var peer = Plain(context.Connection.RemoteIpAddress ?? IPAddress.None);
        return options.TrustedProxies is { } trusted ? ClientOf(context.Request, peer, trusted) : peer;
    }

    /// <summary>What the client has for itself: its IPv4 address, or its network of IPv6.</summary>
    public string SubscriberOf(HttpContext context) => SubscriberOf(Of(context));

    private IPAddress ClientOf(HttpRequest request, IPAddress peer, TrustedProxies trusted)
    {
        var client = peer;
        var hops = 0;
        foreach (var said in ForwardedHops.Read(request.Headers, options.ForwardedHeader))
        {
            var isTrusted = trusted.Hops > 0 ? hops++ < trusted.Hops : trusted.Trusts(client);
            if (!isTrusted || said is null)
            {
                break;
            }

            client = Plain(said);
        }

        return client;
    }

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static string SubscriberOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, SubscriberPrefix / 8, bytes.Length - (SubscriberPrefix / 8));
        return new IPNetwork(new IPAddress(bytes), SubscriberPrefix).ToString();
    }
}
