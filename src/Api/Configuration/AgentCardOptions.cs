using Sluice.Api.Cards;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>What the gateway says of its agent, as <see cref="CardOptions"/> declares it.</summary>
internal static class AgentCardOptions
{
    public static readonly SettingSection Section = new("Card", "The agent card");

    private static readonly CardOptions Unset = new();

    private static readonly Setting<string?> Name = Section.Add(
        "Name", Text("a text of at most 256 characters", 256), Unset.Name,
        "Name of the agent.",
        "A2A_NAME");

    private static readonly Setting<string?> Description = Section.Add(
        "Description", Text("a text of at most 4096 characters", 4096), Unset.Description,
        "What the agent is for.",
        "A2A_DESC");

    private static readonly Setting<string?> Version = Section.Add(
        "Version", Text("a text of at most 64 characters", 64), Unset.Version,
        "Version of the agent.",
        "A2A_VERSION");

    private static readonly Setting<Uri?> PublicUrl = Section.Add(
        "PublicUrl", BaseUrl, Unset.PublicUrl,
        "Address under which callers reach the gateway; unset: the one the card was asked for at.");

    private static readonly Setting<bool> HideEngineName = Section.Add(
        "HideEngineName", Switch, Unset.HideEngineName,
        "Leave the engine's resource name, and with it the project, out of the card.");

    public static CardOptions Read(SettingReader settings) => new()
    {
        Name = settings.Get(Name)!,
        Description = settings.Get(Description)!,
        Version = settings.Get(Version)!,
        PublicUrl = settings.Get(PublicUrl),
        HideEngineName = settings.Get(HideEngineName),
    };
}
