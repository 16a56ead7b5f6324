using System.Collections.Frozen;

namespace Sluice.Api.Endpoints;

/// <summary>What the HTTP surface tells about the engine, and the names a request may choose from.</summary>
internal sealed record EngineFacts
{
    /// <summary>ENGINE_MODE.</summary>
    public string Mode { get; init; } = "agent_engine";

    /// <summary>Full resource name of the default engine; empty when none is configured.</summary>
    public string ResourceName { get; init; } = "";

    public string Location { get; init; } = "us-central1";

    /// <summary>Answers may come from more than one engine or region: worth telling from which.</summary>
    public bool HasSeveralPlaces { get; init; }

    /// <summary>Configured names, for <c>engine</c> in a body.</summary>
    public FrozenSet<string> Names { get; init; } = [];
}
