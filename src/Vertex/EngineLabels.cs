using System.Collections.Concurrent;
using Sluice.Core.Engines;

namespace Sluice.Vertex;

/// <summary>What every span and measurement of one engine's calls says of it, made once.</summary>
internal sealed class EngineLabels
{
    private readonly KeyValuePair<string, object?>[] _call;
    private readonly ConcurrentDictionary<string, KeyValuePair<string, object?>[]> _failed = new(StringComparer.Ordinal);

    public EngineLabels(VertexOptions options)
    {
        Id = options.Engine.Id;
        InvokeSpan = $"{Telemetry.InvokeAgent} {options.Engine.Id}";
        Address = options.BaseUri.Host;
        Port = options.BaseUri.Port;
        _call =
        [
            new("gen_ai.operation.name", Telemetry.InvokeAgent),
            new("gen_ai.provider.name", Telemetry.Provider),
            new("gen_ai.agent.id", Id),
            new("cloud.region", options.Engine.Location),
        ];
        Input = [.. _call, new("gen_ai.token.type", "input")];
        Output = [.. _call, new("gen_ai.token.type", "output")];
    }

    public string Id { get; }

    public string InvokeSpan { get; }

    public string Address { get; }

    /// <summary>The port, boxed as a tag's value is.</summary>
    public object Port { get; }

    /// <summary>What measurements of a call are labelled with.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> Call => _call;

    /// <summary>The same for tokens that went to the engine.</summary>
    public KeyValuePair<string, object?>[] Input { get; }

    /// <summary>The same for tokens that came from it.</summary>
    public KeyValuePair<string, object?>[] Output { get; }

    /// <summary>The same for a call that failed.</summary>
    public ReadOnlySpan<KeyValuePair<string, object?>> FailedCall(EngineFault fault) =>
        _failed.GetOrAdd(fault.Code, static (code, call) => [.. call, new("error.type", code)], _call);
}
