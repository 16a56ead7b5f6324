using System.Text.Json.Nodes;

namespace Sluice.Emulator.Engines;

/// <summary>Which engines exist, and what is deployed on each.</summary>
internal sealed class EngineCatalog(EmulatorOptions options, IAgent plain, IAgent adk)
{
    public IAgent? Find(EngineName engine)
    {
        if (options.Engines.TryGetValue(engine.Id, out var template)) return template == EngineTemplate.Adk ? adk : plain;
        if (options.OnlyNamedEngines) return null;
        return engine.Id.StartsWith("adk", StringComparison.OrdinalIgnoreCase) ? adk : plain;
    }

    /// <summary>The engine as GET shows it.</summary>
    public static JsonObject Resource(EngineName engine, IAgent agent) => new()
    {
        ["name"] = engine.Resource,
        ["displayName"] = engine.Id,
        ["spec"] = new JsonObject
        {
            ["packageSpec"] = new JsonObject { ["pythonVersion"] = "3.12" },
            ["deploymentSpec"] = new JsonObject { ["minInstances"] = 1, ["maxInstances"] = 100, ["containerConcurrency"] = 9 },
            ["classMethods"] = new JsonArray([.. agent.Methods.Select(m => m.ToSpec())]),
            ["agentFramework"] = agent.Framework,
        },
        ["createTime"] = "2026-01-01T00:00:00.000000Z",
        ["updateTime"] = "2026-01-01T00:00:00.000000Z",
        ["etag"] = "AMEw9yOemulator",
    };
}
