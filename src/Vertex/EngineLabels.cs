namespace Sluice.Vertex;

/// <summary>What every span and measurement of one engine's calls says of it, made once.</summary>
internal sealed class EngineLabels(VertexOptions options)
{
    public string Id { get; } = options.Engine.Id;

    public string InvokeSpan { get; } = $"{Telemetry.InvokeAgent} {options.Engine.Id}";

    public string Address { get; } = options.BaseUri.Host;

    /// <summary>The port, boxed as a tag's value is.</summary>
    public object Port { get; } = options.BaseUri.Port;
}
