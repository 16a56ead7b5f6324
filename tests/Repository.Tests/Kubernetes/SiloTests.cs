using YamlDotNet.RepresentationModel;

namespace Sluice.Repository.Tests.Kubernetes;

public sealed class SiloTests
{
    private static readonly IReadOnlyList<YamlNode> Objects = Load();
    private static readonly YamlNode Deployment = Objects.Single(node => node["kind"].ToString() == "Deployment");
    private static readonly YamlNode Pod = Deployment["spec"]["template"]["spec"];
    private static readonly YamlNode Container = ((YamlSequenceNode)Pod["containers"]).Children.Single();

    [Fact]
    public void A_pod_is_replaced_only_when_the_next_one_is_ready_and_has_time_to_leave()
    {
        Deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"].ToString().ShouldBe("0");

        // 8 s to drain, 1.75 s to hand over, 5 s to leave the cluster.
        int.Parse(Pod["terminationGracePeriodSeconds"].ToString(), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(15);
        Objects.ShouldContain(node => node["kind"].ToString() == "PodDisruptionBudget");
    }

    [Theory]
    [InlineData("startupProbe", "/_health")]
    [InlineData("readinessProbe", "/readyz")]
    [InlineData("livenessProbe", "/livez")]
    public void A_probe_asks_what_it_is_for(string probe, string path) => Container[probe]["httpGet"]["path"].ToString().ShouldBe(path);

    [Fact]
    public void A_pod_may_do_nothing_that_it_need_not()
    {
        Pod["securityContext"]["runAsNonRoot"].ToString().ShouldBe("true");
        Pod["automountServiceAccountToken"].ToString().ShouldBe("false");
        var context = Container["securityContext"];
        (context["readOnlyRootFilesystem"].ToString(), context["allowPrivilegeEscalation"].ToString()).ShouldBe(("true", "false"));
        ((YamlSequenceNode)context["capabilities"]["drop"]).Children.Single().ToString().ShouldBe("ALL");
    }

    [Fact]
    public void Only_the_namespace_reaches_the_ports_of_a_silo_that_ask_nobody_who_he_is()
    {
        var policy = Objects.Single(node => node["kind"].ToString() == "NetworkPolicy")["spec"];
        var rules = ((YamlSequenceNode)policy["ingress"]).Children;
        var open = rules.Where(rule => !((YamlMappingNode)rule).Children.ContainsKey(new YamlScalarNode("from")));
        open.SelectMany(rule => ((YamlSequenceNode)rule["ports"]).Children).Select(port => port["port"].ToString()).ShouldBe(["http"]);
    }

    [Fact]
    public void Its_address_is_the_pods_and_its_connection_a_secret()
    {
        var variables = ((YamlSequenceNode)Container["env"]).Children.ToDictionary(variable => variable["name"].ToString(), variable => variable["valueFrom"], StringComparer.Ordinal);
        variables["Sluice__Silo__Address"]["fieldRef"]["fieldPath"].ToString().ShouldBe("status.podIP");
        variables["ConnectionStrings__Postgres"]["secretKeyRef"]["name"].ToString().ShouldBe("postgres");
    }

    private static IReadOnlyList<YamlNode> Load()
    {
        var stream = new YamlStream();
        using var file = File.OpenText(RepositoryRoot.Combine("infra", "kubernetes", "silos.yaml"));
        stream.Load(file);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }
}
