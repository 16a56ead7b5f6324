using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sluice.ProcessesKit.Clients;

/// <summary>An event as a client was sent it.</summary>
/// <param name="Sequence">The number in its id.</param>
/// <param name="Name">Its name; <c>message</c> when it has none.</param>
/// <param name="Data">Its data.</param>
/// <param name="At">When it came, in ticks of the stopwatch.</param>
internal sealed record SeenEvent(long Sequence, string Name, string Data, long At = 0)
{
    public bool IsTerminal => Name is "done" or "error";

    /// <summary>Of a last event: the state it tells of; else null.</summary>
    public string? State
    {
        get
        {
            if (Name != "error")
            {
                return Name == "done" ? "completed" : null;
            }

            using var json = JsonDocument.Parse(Data);
            return json.RootElement.TryGetProperty("state", out var state) ? state.GetString()
                : json.RootElement.GetProperty("code").GetString() == "turn_cancelled" ? "cancelled"
                : "failed";
        }
    }

    public bool IsGap => Name == "gap";

    /// <summary>Of a gap: the first number that will not come.</summary>
    public long From => Number("from");

    /// <summary>Of a gap: the last number that will not come.</summary>
    public long To => Number("to");

    /// <summary>What everyone has to be told alike: all but the trace of the request that was answered.</summary>
    public (long Sequence, string Name, string Data) Content
    {
        get
        {
            if (!IsTerminal)
            {
                return (Sequence, Name, Data);
            }

            var json = JsonNode.Parse(Data)!.AsObject();
            json.Remove("trace_id");
            return (Sequence, Name, json.ToJsonString());
        }
    }

    /// <summary>The text of a chunk, or of an agent's event that is part of a message; empty for any other, a whole message among them.</summary>
    public string Text
    {
        get
        {
            if (Name != "message")
            {
                return "";
            }

            using var json = JsonDocument.Parse(Data);
            return json.RootElement.TryGetProperty("chunk", out var chunk) ? chunk.GetString()!
                : json.RootElement.TryGetProperty("partial", out var partial) && partial.GetBoolean() ? Spoken(json.RootElement)
                : "";
        }
    }

    /// <summary>The text of an agent's event that is a whole message; else null.</summary>
    public string? WholeText
    {
        get
        {
            if (Name != "message")
            {
                return null;
            }

            using var json = JsonDocument.Parse(Data);
            var root = json.RootElement;
            return !root.TryGetProperty("chunk", out _) && !(root.TryGetProperty("partial", out var partial) && partial.GetBoolean()) ? Spoken(root) : null;
        }
    }

    private static string Spoken(JsonElement message) => message.TryGetProperty("content", out var content) && content.TryGetProperty("parts", out var parts)
        ? string.Concat(parts.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) ? text.GetString() : ""))
        : "";

    private long Number(string name)
    {
        using var json = JsonDocument.Parse(Data);
        return json.RootElement.GetProperty(name).GetInt64();
    }
}
