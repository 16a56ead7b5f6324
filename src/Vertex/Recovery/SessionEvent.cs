using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Vertex.Recovery;

/// <summary>One event of an engine's session, as its REST API tells it.</summary>
/// <param name="Source">The event, whole. Not tied to a document.</param>
/// <param name="Invocation">The engine's name for the turn it belongs to.</param>
/// <param name="IsUsers">The person's message, not the agent's.</param>
/// <param name="At">By the engine's clock.</param>
internal sealed record SessionEvent(JsonElement Source, string Invocation, bool IsUsers, EventStamp At)
{
    /// <summary>Its texts joined, as a person said them.</summary>
    public string Text { get; private init; } = "";

    public bool IsPartial { get; private init; }

    /// <summary>It says something or calls a tool: not only a change of state.</summary>
    public bool Speaks { get; private init; }

    /// <summary>What ADK calls a final response: whole, the agent's, and nothing in it that waits for a tool.</summary>
    public bool IsFinal { get; private init; }

    /// <summary>The id in its resource name, and the one it had in the stream, where the session keeps that.</summary>
    public IReadOnlyList<ulong> IdHashes { get; private init; } = [];

    public static SessionEvent Read(JsonElement source)
    {
        var raw = source.Member("rawEvent", "raw_event");
        var metadata = source.Member("eventMetadata", "event_metadata");
        var parts = (source.Member("content", "content") ?? raw?.Member("content", "content"))?.Member("parts", "parts");
        var isPartial = metadata?.Member("partial", "partial")?.ValueKind == JsonValueKind.True;
        var isUsers = source.Member("author", "author")?.Text() == "user";
        var hasError = (source.Member("errorCode", "error_code") ?? raw?.Member("errorCode", "error_code"))?.Text() is { Length: > 0 };
        var skipsSummary = source.Member("actions", "actions")?.Member("skipSummarization", "skip_summarization")?.ValueKind == JsonValueKind.True;
        var (text, count, hasToolUse) = ReadParts(parts);
        return new SessionEvent(source, source.Member("invocationId", "invocation_id")?.Text() ?? "", isUsers, TimeOf(source))
        {
            Text = text,
            IsPartial = isPartial,
            Speaks = count > 0 || hasError,
            IsFinal = !isUsers && !isPartial && (!hasToolUse || skipsSummary) && (count > 0 || hasError),
            IdHashes = [.. Ids(source, raw).Select(id => StreamedEvent.HashOf(Encoding.UTF8.GetBytes(id)))],
        };
    }

    /// <summary>The text of a message's parts, as <see cref="Text"/> has it.</summary>
    public static string TextOf(JsonElement? parts) => ReadParts(parts).Text;

    public bool Is(in StreamedEvent streamed) =>
        (streamed.IdHash != 0 && IdHashes.Contains(streamed.IdHash)) || (!IsUsers && At.IsSame(streamed.At));

    private static (string Text, int Count, bool HasToolUse) ReadParts(JsonElement? parts)
    {
        if (parts is not { ValueKind: JsonValueKind.Array } list)
        {
            return ("", 0, false);
        }

        var text = new StringBuilder();
        var hasToolUse = false;
        var endsWithResult = false;
        foreach (var part in list.EnumerateArray())
        {
            hasToolUse |= part.Member("functionCall", "function_call") is not null || part.Member("functionResponse", "function_response") is not null;

            // The model has its own code run, and is told the result next.
            endsWithResult = part.Member("codeExecutionResult", "code_execution_result") is not null;
            if (part.Member("thought", "thought")?.ValueKind != JsonValueKind.True)
            {
                text.Append(part.Member("text", "text")?.Text());
            }
        }

        return (text.ToString(), list.GetArrayLength(), hasToolUse || endsWithResult);
    }

    private static IEnumerable<string> Ids(JsonElement source, JsonElement? raw)
    {
        if (source.Member("name", "name")?.Text() is { Length: > 0 } name)
        {
            yield return name[(name.LastIndexOf('/') + 1)..];
        }

        if (raw?.Member("id", "id")?.Text() is { Length: > 0 } id)
        {
            yield return id;
        }
    }

    private static EventStamp TimeOf(JsonElement source) =>
        DateTimeOffset.TryParse(source.Member("timestamp", "timestamp")?.Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? EventStamp.Of(time)
            : EventStamp.None;
}
