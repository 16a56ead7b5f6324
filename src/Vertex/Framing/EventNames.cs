namespace Sluice.Vertex.Framing;

/// <summary>The properties that mean something to the gateway, whichever way they are spelled.</summary>
internal enum EventName : byte
{
    Other,
    Author,
    CachedTokens,
    Chunk,
    Code,
    Content,
    Details,
    Error,
    ErrorCode,
    FinishReason,
    Id,
    InputTokens,
    InvocationId,
    Message,
    Output,
    OutputTokens,
    Partial,
    Parts,
    Status,
    Text,
    Thought,
    Timestamp,
    ToolUse,
    Usage,
}

internal static class EventNames
{
    public static EventName Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 => name.SequenceEqual("id"u8) ? EventName.Id : EventName.Other,
        4 => name.SequenceEqual("text"u8) ? EventName.Text : name.SequenceEqual("code"u8) ? EventName.Code : EventName.Other,
        5 => name.SequenceEqual("parts"u8) ? EventName.Parts
            : name.SequenceEqual("chunk"u8) ? EventName.Chunk
            : name.SequenceEqual("error"u8) ? EventName.Error : EventName.Other,
        6 => name.SequenceEqual("author"u8) ? EventName.Author
            : name.SequenceEqual("status"u8) ? EventName.Status
            : name.SequenceEqual("output"u8) ? EventName.Output : EventName.Other,
        7 => name.SequenceEqual("content"u8) ? EventName.Content
            : name.SequenceEqual("partial"u8) ? EventName.Partial
            : name.SequenceEqual("thought"u8) ? EventName.Thought
            : name.SequenceEqual("message"u8) ? EventName.Message
            : name.SequenceEqual("details"u8) ? EventName.Details : EventName.Other,
        9 => name.SequenceEqual("timestamp"u8) ? EventName.Timestamp
            : name.SequenceEqual("errorCode"u8) ? EventName.ErrorCode : EventName.Other,
        10 => name.SequenceEqual("error_code"u8) ? EventName.ErrorCode : EventName.Other,
        12 => name.SequenceEqual("finishReason"u8) ? EventName.FinishReason
            : name.SequenceEqual("functionCall"u8) ? EventName.ToolUse
            : name.SequenceEqual("invocationId"u8) ? EventName.InvocationId : EventName.Other,
        13 => name.SequenceEqual("finish_reason"u8) ? EventName.FinishReason
            : name.SequenceEqual("function_call"u8) ? EventName.ToolUse
            : name.SequenceEqual("invocation_id"u8) ? EventName.InvocationId
            : name.SequenceEqual("usageMetadata"u8) ? EventName.Usage : EventName.Other,
        14 => name.SequenceEqual("usage_metadata"u8) ? EventName.Usage : EventName.Other,
        16 => name.SequenceEqual("functionResponse"u8) ? EventName.ToolUse
            : name.SequenceEqual("promptTokenCount"u8) ? EventName.InputTokens : EventName.Other,
        17 => name.SequenceEqual("function_response"u8) ? EventName.ToolUse : EventName.Other,
        18 => name.SequenceEqual("prompt_token_count"u8) ? EventName.InputTokens : EventName.Other,
        20 => name.SequenceEqual("candidatesTokenCount"u8) ? EventName.OutputTokens : EventName.Other,
        22 => name.SequenceEqual("candidates_token_count"u8) ? EventName.OutputTokens : EventName.Other,
        23 => name.SequenceEqual("cachedContentTokenCount"u8) ? EventName.CachedTokens : EventName.Other,
        26 => name.SequenceEqual("cached_content_token_count"u8) ? EventName.CachedTokens : EventName.Other,
        _ => EventName.Other,
    };
}
