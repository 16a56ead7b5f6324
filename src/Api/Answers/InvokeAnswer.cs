using System.Buffers;
using System.Text.Json;
using Sluice.Api.Streaming;
using Sluice.Core.Engines;

namespace Sluice.Api.Answers;

/// <summary>The body of one answer: the engine's own JSON when it gave one answer, else what its events make together.</summary>
internal static class InvokeAnswer
{
    public static ReadOnlyMemory<byte> Of(in WholeAnswer answer, StreamFormat format) => answer.End.Answer switch
    {
        AnswerShape.Verbatim => answer.Verbatim,
        AnswerShape.Text when format == StreamFormat.Chunks => Output(answer, static (json, answer) => json.WriteRawValue(answer.Text(), skipInputValidation: true)),
        _ => Output(answer, static (json, answer) => WriteEvents(json, answer)),
    };

    public static void WriteEvents(Utf8JsonWriter json, in WholeAnswer answer)
    {
        json.WriteStartArray();
        foreach (var delta in answer)
        {
            json.WriteRawValue(delta.Raw.Span, skipInputValidation: true);
        }

        json.WriteEndArray();
    }

    private static ReadOnlyMemory<byte> Output(in WholeAnswer answer, Action<Utf8JsonWriter, WholeAnswer> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WritePropertyName("output"u8);
        write(json, answer);
        TurnJson.WriteOutcome(json, answer.End);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
