using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sluice.Vertex;

/// <summary>The resource name of an engine: <c>projects/{p}/locations/{l}/reasoningEngines/{id}</c>.</summary>
/// <param name="Project">Project id or number.</param>
/// <param name="Location">Region, such as <c>us-central1</c>.</param>
/// <param name="Id">The engine's id, a number when Google chose it.</param>
public sealed record EngineName(string Project, string Location, string Id)
{
    /// <summary>What a name looks like, for error messages.</summary>
    public const string Form = "projects/{p}/locations/{l}/reasoningEngines/{id}";

    // Each part ends up in a host name or a path: letters that mean something there are not let in. Projects of a domain are called "example.com:project".
    private static readonly SearchValues<char> ProjectLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.:");
    private static readonly SearchValues<char> LocationLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> IdLetters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>
    /// The host that serves the engine. A regional engine is not found through the global host, nor through another region's
    /// ("The provided location ID doesn't match the endpoint").
    /// </summary>
    public Uri RegionalHost => new(Location == "global" ? "https://aiplatform.googleapis.com" : $"https://{Location}-aiplatform.googleapis.com");

    public static bool IsProject(string text) => Is(text, ProjectLetters, 100) && char.IsAsciiLetterOrDigit(text[0]);

    public static bool IsLocation(string text) => Is(text, LocationLetters, 40);

    public static bool IsId(string text) => Is(text, IdLetters, 128);

    /// <summary>Reads a full name; the parts may hold what Google's own names may.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out EngineName? name)
    {
        name = text?.Split('/') is ["projects", var project, "locations", var location, "reasoningEngines", var id]
            && IsProject(project) && IsLocation(location) && IsId(id)
            ? new EngineName(project, location, id)
            : null;
        return name is not null;
    }

    /// <exception cref="FormatException">The text is not a name.</exception>
    public static EngineName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new FormatException($"An engine's name is {Form}, not '{text}'.");

    public override string ToString() => $"projects/{Project}/locations/{Location}/reasoningEngines/{Id}";

    private static bool Is(string text, SearchValues<char> letters, int most) => text.Length > 0 && text.Length <= most && !text.AsSpan().ContainsAnyExcept(letters);
}
