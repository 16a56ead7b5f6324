using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Api.Configuration;
using Sluice.Core.Audit;

namespace Sluice.Api.Observability;

/// <summary>
/// The audit trail of a gateway that stores nothing: a line of the log for each record, linked all the same. What keeps the log keeps the trail.
/// </summary>
/// <remarks>
/// The log's own way drops lines that nobody takes away, and makes each by itself. Here a batch is one piece of text, and it is waited for until it is taken: what cannot be
/// written then keeps callers out, as with any other store.
/// </remarks>
/// <param name="output">Where the log goes. Thread-safe.</param>
/// <param name="options">How it is written.</param>
/// <param name="log">Tells whether such lines are wanted.</param>
/// <param name="time">The clock.</param>
internal sealed class AuditLog(TextWriter output, LoggingOptions options, ILogger<AuditLog> log, TimeProvider time) : IAuditStore
{
    private const LogLevel Level = LogLevel.Information;

    private static readonly JavaScriptEncoder Encoder = CloudJsonFormatter.WriterOptions.Encoder!;
    private static readonly byte[] EndOfLine = MakeEndOfLine();

    // Of the batch that is being written: there is one at a time.
    private readonly ArrayBufferWriter<byte> _text = new();

    public ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken) => new(AuditHead.None($"gateway-{Guid.CreateVersion7():N}"));

    public async ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken)
    {
        if (!log.IsEnabled(Level))
        {
            return true;
        }

        _text.ResetWrittenCount();
        if (options.WritesJson)
        {
            WriteJson(batch.Lines);
        }
        else
        {
            WriteText(batch.Lines);
        }

        // A pipe that is full holds up the thread, and the end of the process must not wait for that: the text is then left to it.
        var text = ArrayPool<char>.Shared.Rent(_text.WrittenCount);
        var length = Encoding.UTF8.GetChars(_text.WrittenSpan, text);
        await Task.Run(() => output.Write(text, 0, length), CancellationToken.None).WaitAsync(cancellationToken);
        ArrayPool<char>.Shared.Return(text);
        return true;
    }

    public ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken) => default;

    public ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => default;

    private void WriteJson(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        var begin = BeginOfLine();
        foreach (var line in lines)
        {
            _text.Write(begin);

            // A string and not an object: whoever checks it needs its bytes as they are. What has to be escaped of printable ASCII are quotes and backslashes.
            Encoder.EncodeUtf8(line.Span, _text.GetSpan(line.Length * 2), out _, out var written);
            _text.Advance(written);
            _text.Write(EndOfLine);
        }
    }

    // But for the record, the lines of a batch are the same.
    private byte[] BeginOfLine()
    {
        var line = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(line, CloudJsonFormatter.WriterOptions);
        CloudJsonFormatter.Begin(json, time, Level);
        json.WriteString("message"u8, "Audit"u8);
        json.WriteStartObject("fields"u8);
        json.WritePropertyName("Record"u8);
        json.Flush();
        line.Write("\""u8);
        return line.WrittenSpan.ToArray();
    }

    private static byte[] MakeEndOfLine()
    {
        var line = new ArrayBufferWriter<byte>(256);
        line.Write("\"},"u8);
        using var json = new Utf8JsonWriter(line, CloudJsonFormatter.WriterOptions);
        CloudJsonFormatter.End(json, typeof(AuditLog).FullName!, "Record");
        json.Flush();
        line.Write("\n"u8);
        return line.WrittenSpan.ToArray();
    }

    private void WriteText(IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        foreach (var line in lines)
        {
            Encoding.UTF8.GetBytes(TerminalFormatter.Begin(time, Level), _text);
            _text.Write("Audit "u8);
            _text.Write(line.Span);
            _text.Write("\n"u8);
        }
    }
}
