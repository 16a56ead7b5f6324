using System.Text.Json.Nodes;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Sessions;

/// <summary>Long-running operations: what a write answers with at once, and what it comes to.</summary>
internal sealed class OperationStore(IdSource ids, TimeProvider time, TimeSpan takes)
{
    private const int Retained = 20_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Name, DateTimeOffset Started, JsonObject Metadata, JsonObject Response)> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>Starts an operation under a resource; its answer does not say done, even if it is.</summary>
    public JsonObject Start(string resource, string metadataType, JsonObject response)
    {
        var id = ids.Numeric();
        var now = time.GetUtcNow();
        var metadata = new JsonObject
        {
            ["@type"] = $"type.googleapis.com/google.cloud.aiplatform.v1beta1.{metadataType}",
            ["genericMetadata"] = new JsonObject { ["createTime"] = ProtoDuration.Print(now), ["updateTime"] = ProtoDuration.Print(now) },
        };
        var name = $"{resource}/operations/{id}";
        lock (_lock)
        {
            _byId[id] = (name, now, metadata, response);
            _order.Enqueue(id);
            if (_order.Count > Retained) _byId.Remove(_order.Dequeue());
        }
        return new JsonObject { ["name"] = name, ["metadata"] = metadata.DeepClone() };
    }

    public JsonObject? Find(string id)
    {
        lock (_lock)
        {
            if (!_byId.TryGetValue(id, out var operation)) return null;
            var json = new JsonObject { ["name"] = operation.Name, ["metadata"] = operation.Metadata.DeepClone() };
            if (time.GetUtcNow() - operation.Started < takes) return json;
            json["done"] = true;
            json["response"] = operation.Response.DeepClone();
            return json;
        }
    }

    public static JsonObject Response(string type, JsonObject message)
    {
        var json = new JsonObject { ["@type"] = $"type.googleapis.com/{type}" };
        foreach (var (name, value) in message) json[name] = value?.DeepClone();
        return json;
    }
}
