using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Sluice.Vertex;

/// <summary>The resource name of an engine: <c>projects/{p}/locations/{l}/reasoningEngines/{id}</c>.</summary>
/// <param name="Project">Project id or number.</param>
/// <param name="Location">Region, such as <c>us-central1</c>.</param>
/// <param name="Id">The engine's id, a number when Google chose it.</param>
public sealed partial record EngineName(string Project, string Location, string Id)
{
    /// <summary>What a name looks like, for error messages.</summary>
    public const string Form = "projects/{project}/locations/{location}/reasoningEngines/{id}";

    /// <summary>
    /// The host that serves the engine. A regional engine is not found through the global host, nor through another region's
    /// ("The provided location ID doesn't match the endpoint").
    /// </summary>
    public Uri RegionalHost => new(Location == "global" ? "https://aiplatform.googleapis.com" : $"https://{Location}-aiplatform.googleapis.com");

    /// <summary>Reads a full name; the parts may hold what Google's own names may.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EngineName? name)
    {
        var match = FullName.Match(text ?? "");
        name = match.Success ? new EngineName(match.Groups["project"].Value, match.Groups["location"].Value, match.Groups["id"].Value) : null;
        return name is not null;
    }

    /// <exception cref="FormatException">The text is not a name.</exception>
    public static EngineName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"An engine's name is {Form}, not '{text}'.");

    /// <summary>From an id (or a full name, which then wins), with the project and location it is in.</summary>
    /// <exception cref="FormatException">A part is missing or is not one.</exception>
    public static EngineName From(string id, string? project, string? location) =>
        TryParse(id, out var name) ? name : Parse($"projects/{project}/locations/{location}/reasoningEngines/{id}");

    public override string ToString() => $"projects/{Project}/locations/{Location}/reasoningEngines/{Id}";

    // Projects of a domain are called "example.com:project". Nothing here needs escaping in a path.
    [GeneratedRegex(@"\Aprojects/(?<project>[a-z0-9][a-z0-9.:-]{0,99})/locations/(?<location>[a-z0-9-]{1,40})/reasoningEngines/(?<id>[A-Za-z0-9_-]{1,128})\z",
        RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FullName { get; }
}
