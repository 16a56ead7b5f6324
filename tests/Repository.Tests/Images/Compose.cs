using YamlDotNet.RepresentationModel;

namespace Sluice.Repository.Tests.Images;

/// <summary><c>docker-compose.yml</c>, with what its services take over from one another (<c>&lt;&lt;</c>) in its place.</summary>
internal sealed class Compose
{
    private readonly YamlMappingNode _root;

    private Compose(YamlMappingNode root) => _root = root;

    /// <summary>Each port of the topology, by the service that has it.</summary>
    public IReadOnlyDictionary<string, int> Ports => Map("x-ports").ToDictionary(
        port => port.Key, port => int.Parse(((YamlScalarNode)port.Value).Value!, System.Globalization.CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Where each silo listens besides: for silos, and for front ends.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> ClusterPorts => Map("x-cluster-ports").ToDictionary(
        silo => silo.Key, IReadOnlyList<string> (silo) => [.. ((YamlSequenceNode)silo.Value).Select(port => port.ToString())], StringComparer.Ordinal);

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, YamlNode>> Services =>
        Map("services").ToDictionary(service => service.Key, service => Merged(service.Value), StringComparer.Ordinal);

    public static Compose Load()
    {
        var stream = new YamlStream();
        using var file = File.OpenText(RepositoryRoot.Combine("docker-compose.yml"));
        stream.Load(file);
        return new Compose((YamlMappingNode)stream.Documents[0].RootNode);
    }

    public static IReadOnlyDictionary<string, YamlNode> Merged(YamlNode node)
    {
        var merged = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in (YamlMappingNode)node)
        {
            var name = ((YamlScalarNode)key).Value!;
            if (name != "<<")
            {
                merged[name] = value;
                continue;
            }

            foreach (var (inherited, from) in (value is YamlSequenceNode many ? many.Children : [value]).SelectMany(Merged))
            {
                merged.TryAdd(inherited, from);
            }
        }

        return merged;
    }

    private IReadOnlyDictionary<string, YamlNode> Map(string name) => Merged(_root.Children[new YamlScalarNode(name)]);
}
