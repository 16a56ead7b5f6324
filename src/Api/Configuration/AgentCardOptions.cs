using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>What the gateway says of its agent in /card.</summary>
internal sealed record AgentCardOptions
{
    public static readonly SettingSection Section = new("Card", "The agent card");

    private static readonly Setting<string?> NameSetting = Section.Add(
        "Name", Text("a text of at most 256 characters", 256), "Bob's Brain",
        "Name of the agent.",
        "A2A_NAME");

    private static readonly Setting<string?> DescriptionSetting = Section.Add(
        "Description", Text("a text of at most 4096 characters", 4096), "A2A gateway. Agent runs on Vertex AI Reasoning Engine.",
        "What the agent is for.",
        "A2A_DESC");

    private static readonly Setting<string?> VersionSetting = Section.Add(
        "Version", Text("a text of at most 64 characters", 64), "4.0.0",
        "Version of the agent.",
        "A2A_VERSION");

    private static readonly Setting<Uri?> UrlSetting = Section.Add(
        "Url", BaseUrl, null,
        "Address under which callers reach the gateway; unset: the one the card was asked for at.");

    private static readonly Setting<bool> ShowEngineSetting = Section.Add(
        "ShowEngine", Switch, true,
        "Whether the card tells the engine's resource name and location.");

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string Version { get; init; }

    public Uri? Url { get; init; }

    public required bool ShowEngine { get; init; }

    public static AgentCardOptions Read(SettingReader settings) => new()
    {
        Name = settings.Get(NameSetting)!,
        Description = settings.Get(DescriptionSetting)!,
        Version = settings.Get(VersionSetting)!,
        Url = settings.Get(UrlSetting),
        ShowEngine = settings.Get(ShowEngineSetting),
    };
}
