using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Sluice.Api.Limits;

/// <summary>Whose word for a client's address is believed: so many hops in front of the gateway, or those in some networks. Not both.</summary>
internal sealed record TrustedProxies(int Hops, IReadOnlyList<IPNetwork> Networks)
{
    private const int MostHops = 16;
    private const int MostNetworks = 64;

    /// <summary>As a person writes it: a number of hops, or networks and addresses between commas.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out TrustedProxies? value)
    {
        value = null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var hops))
        {
            value = hops is >= 1 and <= MostHops ? new TrustedProxies(hops, []) : null;
            return value is not null;
        }

        var networks = new List<IPNetwork>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (TryParseNetwork(part) is not { } network || networks.Count == MostNetworks)
            {
                return false;
            }

            networks.Add(network);
        }

        value = new TrustedProxies(0, networks);
        return true;
    }

    public bool Trusts(IPAddress address) => Networks.Any(network => network.Contains(address));

    public override string ToString() => Hops > 0 ? Hops.ToString(CultureInfo.InvariantCulture) : string.Join(", ", Networks);

    private static IPNetwork? TryParseNetwork(string text) =>
        IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
