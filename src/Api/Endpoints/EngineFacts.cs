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

    /// <summary>Configured names, for <c>engine</c> in a body.</summary>
    public FrozenSet<string> Names { get; init; } = [];
}
