using Sluice.Core.Turns;
using Sluice.Vertex.Transport;

namespace Sluice.Vertex.Dialects;

/// <summary>The body of a plain call: the caller's text as <c>input.text</c>, or the caller's <c>input</c> as it is.</summary>
internal static class PlainInput
{
    private static readonly byte[] TextHead = "{\"input\":{\"text\":"u8.ToArray();
    private static readonly byte[] TextTail = "}}"u8.ToArray();
    private static readonly byte[] ObjectHead = "{\"input\":"u8.ToArray();
    private static readonly byte[] ObjectTail = "}"u8.ToArray();

    public static JsonBody Body(string? method, TurnInput input)
    {
        var (head, tail) = input.IsText ? (TextHead, TextTail) : (ObjectHead, ObjectTail);
        return new JsonBody(method is null ? head : [.. "{\"class_method\":"u8, .. JsonText.Literal(method), .. ","u8, .. head.AsSpan(1)], input.Json, tail);
    }
}
