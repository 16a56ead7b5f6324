using YamlDotNet.Serialization;

namespace Sluice.Api.Tests.Monitoring;

/// <summary>infra/slo.yaml, read.</summary>
internal static class ServiceLevels
{
    private static readonly Dictionary<string, object> File = Yaml.Read<Dictionary<string, object>>("infra/slo.yaml");

    /// <summary>A number, such as <c>guardrails latency_p95_s</c>.</summary>
    public static double Number(string section, string name) => Yaml.Number(((Dictionary<object, object>)File[section])[name]);

    /// <summary>The number that is promised.</summary>
    public static double Promised(string objective) => Number("guardrails", (string)Objective(objective)["guardrail"]);

    /// <summary>Over which time, such as <c>30d</c>.</summary>
    public static string Window(string objective) => (string)Objective(objective)["window"];

    public static IEnumerable<string> Guardrails => ((Dictionary<object, object>)File["guardrails"]).Keys.Cast<string>();

    private static Dictionary<object, object> Objective(string name) => (Dictionary<object, object>)((Dictionary<object, object>)File["objectives"])[name];
}

/// <summary>Reads YAML of the repository.</summary>
internal static class Yaml
{
    public static T Read<T>(string file) => new DeserializerBuilder().Build().Deserialize<T>(Repository.Read(file));

    public static double Number(object value) => double.Parse((string)value, System.Globalization.CultureInfo.InvariantCulture);
}
