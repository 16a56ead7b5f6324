using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Sluice.Repository.Tests.Images;

public sealed partial class ComposeTests
{
    private static readonly Compose Topology = Compose.Load();

    [Fact]
    public void Three_gateways_share_a_database_and_an_engine_and_differ_by_their_ports()
    {
        var gateways = Topology.Services.Where(service => service.Key.StartsWith("gateway-", StringComparison.Ordinal)).ToList();
        gateways.Count.ShouldBe(3);
        var said = gateways.Select(gateway => Compose.Merged(gateway.Value["environment"]).ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal)).ToList();
        said.Select(environment => environment["PORT"]).ShouldBe(["8081", "8082", "8083"]);
        foreach (var environment in said)
        {
            environment.Remove("PORT");
            environment.ShouldBe(said[0], ignoreOrder: true);
            environment["Sluice__Host"].ShouldBe("Replicas");
        }
    }

    [Fact]
    public void Every_program_has_its_port_in_the_network_they_share()
    {
        var ports = Topology.Ports;
        ports.Values.Select(port => port.ToString(System.Globalization.CultureInfo.InvariantCulture)).Concat(Topology.ClusterPorts.Values.SelectMany(silo => silo)).ShouldBeUnique();
        ports.Keys.ShouldBe(Topology.Services.Keys.Except(["pod"]), ignoreOrder: true);
        foreach (var (name, service) in Topology.Services.Where(service => service.Key != "pod"))
        {
            service["network_mode"].ToString().ShouldBe("service:pod", name);
        }
    }

    [Fact]
    public void Silos_are_there_when_they_are_asked_for_with_a_database_of_their_own_and_time_to_leave()
    {
        foreach (var name in new[] { "silo-1", "silo-2" })
        {
            var silo = Topology.Services[name];
            ((YamlSequenceNode)silo["profiles"]).Children.Single().ToString().ShouldBe("silos");
            silo["stop_grace_period"].ToString().ShouldBe("20s");
            var said = Compose.Merged(silo["environment"]);
            said["ConnectionStrings__Postgres"].ToString().ShouldContain("Database=silos;");
            said["PORT"].ToString().ShouldBe(Topology.Ports[name].ToString(System.Globalization.CultureInfo.InvariantCulture));
            Topology.ClusterPorts[name].ShouldBe([said["Sluice__Silo__Port"].ToString(), said["Sluice__Silo__GatewayPort"].ToString()]);
        }

        File.ReadAllText(RepositoryRoot.Combine("infra", "local", "databases.sql")).ShouldContain("create database silos ");
    }

    [Fact]
    public void Every_address_in_it_and_its_files_is_one_of_its_ports()
    {
        var files = new[] { "docker-compose.yml", "infra/local/nginx.conf", "infra/local/prometheus.yml", "infra/local/collector.yml", "infra/local/grafana/datasources/prometheus.yml" };
        var named = files.SelectMany(file => Address().Matches(File.ReadAllText(RepositoryRoot.Combine(file)))).Select(match => int.Parse(match.Groups["port"].Value, System.Globalization.CultureInfo.InvariantCulture));
        named.Distinct().ShouldBeSubsetOf(Topology.Ports.Values);
    }

    [Fact]
    public void Every_gateway_is_behind_nginx_and_asked_for_its_metrics()
    {
        foreach (var (name, port) in Topology.Ports.Where(port => port.Key.StartsWith("gateway-", StringComparison.Ordinal)))
        {
            File.ReadAllText(RepositoryRoot.Combine("infra", "local", "nginx.conf")).ShouldContain($"server 127.0.0.1:{port} ", Case.Sensitive, name);
            File.ReadAllText(RepositoryRoot.Combine("infra", "local", "prometheus.yml")).ShouldContain($"\"127.0.0.1:{port}\"", Case.Sensitive, name);
        }
    }

    [Fact]
    public void What_we_build_needs_nothing_that_a_stranger_should_not_have()
    {
        foreach (var (name, service) in Topology.Services.Where(service => service.Value.ContainsKey("build")))
        {
            service["read_only"].ToString().ShouldBe("true", name);
            service["cap_drop"].ShouldBeOfType<YamlSequenceNode>().Children.Single().ToString().ShouldBe("ALL", name);
        }
    }

    [Fact]
    public void Images_are_of_one_version_and_what_is_mounted_is_there()
    {
        foreach (var service in Topology.Services.Values)
        {
            if (!service.ContainsKey("build"))
            {
                service["image"].ToString().ShouldMatch(@":v?\d+\.\d+(\.\d+)?(-\w+)?(@sha256:[0-9a-f]{64})?$");
            }

            foreach (var source in service.TryGetValue("volumes", out var volumes) ? ((YamlSequenceNode)volumes).Children.Select(volume => volume.ToString().Split(':')[0]) : [])
            {
                // The dashboard and the rules are folders, which Docker makes when they are not there.
                (source[0] != '.' || File.Exists(RepositoryRoot.Combine(source)) || !Path.HasExtension(source)).ShouldBeTrue(source);
            }
        }
    }

    [Fact]
    public void Nothing_is_published_beyond_this_machine() =>
        ((YamlSequenceNode)Topology.Services["pod"]["ports"]).Children.ShouldAllBe(port => port.ToString().StartsWith("127.0.0.1:", StringComparison.Ordinal));

    [GeneratedRegex(@"(127\.0\.0\.1|localhost)[:;](Port=)?(?<port>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
