using System.Buffers;

namespace Sluice.Api.Configuration;

/// <summary>The full resource name of an engine, <c>projects/{p}/locations/{l}/reasoningEngines/{id}</c>.</summary>
internal sealed record EngineResource(string Project, string Location, string Id)
{
    public const string Pattern = "projects/{p}/locations/{l}/reasoningEngines/{id}";

    // Each part ends up in a host name or a path: letters that mean something there are not let in.
    private static readonly SearchValues<char> PartLetters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private static readonly SearchValues<char> ProjectLetters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-.:");

    private static readonly SearchValues<char> LocationLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static Form<EngineResource?> Form { get; } = new(Pattern, TryParse, name => name!.ToString());

    public static bool IsProject(string text) => Is(text, ProjectLetters);

    public static bool IsLocation(string text) => Is(text, LocationLetters);

    public static bool IsId(string text) => Is(text, PartLetters);

    public static bool TryParse(string text, out EngineResource? name)
    {
        var parts = text.Split('/');
        var valid = parts is ["projects", var project, "locations", var location, "reasoningEngines", var id]
            && IsProject(project) && IsLocation(location) && IsId(id);
        name = valid ? new EngineResource(parts[1], parts[3], parts[5]) : null;
        return valid;
    }

    public override string ToString() => $"projects/{Project}/locations/{Location}/reasoningEngines/{Id}";

    private static bool Is(string text, SearchValues<char> letters) => text.Length is > 0 and <= 63 && !text.AsSpan().ContainsAnyExcept(letters);
}
