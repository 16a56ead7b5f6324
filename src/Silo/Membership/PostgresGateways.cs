using System.Net;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Sluice.Silo.Membership;

/// <summary>Where a front end reaches the silos: those that are active now.</summary>
internal sealed class PostgresGateways(MembershipDatabase database, IOptions<ClusterOptions> cluster, IOptions<GatewayOptions> gateways) : IGatewayListProvider
{
    public TimeSpan MaxStaleness => gateways.Value.GatewayListRefreshPeriod;

    public bool IsUpdatable => true;

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways() => await database.QueryAsync(
        "select silo, gateway_port from silos where cluster = @cluster and status = @active and gateway_port > 0",
        row =>
        {
            var silo = SiloAddress.FromParsableString(row.GetString(0));
            return SiloAddress.New(new IPEndPoint(silo.Endpoint.Address, row.GetInt32(1)), silo.Generation).ToGatewayUri();
        },
        ("cluster", cluster.Value.ClusterId),
        ("active", (short)SiloStatus.Active));
}
