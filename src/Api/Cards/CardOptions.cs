namespace Sluice.Api.Cards;

/// <summary>What the agent card says. Defaults are those of the original gateway.</summary>
internal sealed record CardOptions
{
    /// <summary>A2A_NAME.</summary>
    public string Name { get; init; } = "Bob's Brain";

    /// <summary>A2A_DESC.</summary>
    public string Description { get; init; } = "A2A gateway. Agent runs on Vertex AI Reasoning Engine.";

    /// <summary>A2A_VERSION.</summary>
    public string Version { get; init; } = "4.0.0";

    /// <summary>Where clients reach this gateway, such as <c>https://gateway.example.com</c>. Null: wherever the request for the card came to.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Leave the engine's resource name, and with it the project, out of the card. Default: it is told, as the original did.</summary>
    public bool HideEngineName { get; init; }

    /// <summary>At least one. Default: the original's.</summary>
    public IReadOnlyList<CardSkill> Skills { get; init; } = [new CardSkill("get_time", "Get Current Time", "UTC clock", ["time"])];
}

/// <summary>Something the agent can do.</summary>
internal sealed record CardSkill(string Id, string Name, string Description, IReadOnlyList<string> Tags);
