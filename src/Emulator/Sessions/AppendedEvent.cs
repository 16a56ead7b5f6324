using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Sessions;

/// <summary>An event that a client appended by REST, kept as it came.</summary>
internal sealed record AppendedEvent(string Id, DateTimeOffset Time, JsonObject Body) : ISessionEvent
{
    public JsonObject ToRest(string sessionName)
    {
        var json = new JsonObject { ["name"] = $"{sessionName}/events/{Id}" };
        foreach (var (name, value) in Body)
        {
            if (name != "name") json[name] = value?.DeepClone();
        }
        return json;
    }

    public JsonObject ToAdk()
    {
        var json = new JsonObject();
        foreach (var (name, value) in Body)
        {
            if (name is "name" or "timestamp" or "eventMetadata" or "rawEvent") continue;
            json[name] = value?.DeepClone();
        }
        if (Body["eventMetadata"] is JsonObject metadata)
        {
            foreach (var (name, value) in metadata) json[name] = value?.DeepClone();
        }
        json["id"] = Id;
        json["timestamp"] = PythonTime.Seconds(Time);
        return json;
    }
}
