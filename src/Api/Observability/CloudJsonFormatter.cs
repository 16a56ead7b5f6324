using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Sluice.Api.Observability;

/// <summary>
/// One JSON object a line, with the fields Cloud Logging knows (https://cloud.google.com/logging/docs/structured-logging): a line is found by its trace, and
/// an error is grouped by its stack.
/// </summary>
internal sealed class CloudJsonFormatter(GoogleProject project, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "sluice-json";

    // Escapes what would end the string or the line, and lets letters of all languages be letters.
    internal static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            Write(json, in logEntry);
        }

        textWriter.Write(Encoding.UTF8.GetString(buffer.WrittenSpan));
        textWriter.Write('\n');
    }

    /// <summary>What stands before a line's message.</summary>
    internal static void Begin(Utf8JsonWriter json, TimeProvider time, LogLevel level)
    {
        json.WriteStartObject();
        json.WriteString("severity", SeverityOf(level));
        json.WriteString("time", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture));
    }

    /// <summary>What a line ends with: who wrote it.</summary>
    internal static void End(Utf8JsonWriter json, string category, string? eventName)
    {
        json.WriteStartObject("logging.googleapis.com/labels");
        json.WriteString("logger", category);
        if (eventName is not null)
        {
            json.WriteString("event", eventName);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string SeverityOf(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        LogLevel.Critical => "CRITICAL",
        _ => "DEFAULT",
    };

    private void Write<TState>(Utf8JsonWriter json, in LogEntry<TState> entry)
    {
        Begin(json, time, entry.LogLevel);
        json.WriteString("message", Redaction.Apply(entry.Formatter(entry.State, entry.Exception)));
        WriteTrace(json);
        if (entry.State is RequestLine request)
        {
            WriteRequest(json, request);
        }
        else if (entry.State is IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            WriteFields(json, values);
        }

        if (entry.Exception is { } exception)
        {
            json.WriteString("stack_trace", Redaction.Apply(exception.ToString()));
        }

        End(json, entry.Category, entry.EventId.Name);
    }

    private void WriteTrace(Utf8JsonWriter json)
    {
        if (Activity.Current is not { IdFormat: ActivityIdFormat.W3C } activity)
        {
            return;
        }

        var trace = activity.TraceId.ToHexString();
        json.WriteString("logging.googleapis.com/trace", project.Id is { } id ? $"projects/{id}/traces/{trace}" : trace);
        json.WriteString("logging.googleapis.com/spanId", activity.SpanId.ToHexString());
        json.WriteBoolean("logging.googleapis.com/trace_sampled", activity.Recorded);
    }

    private static void WriteRequest(Utf8JsonWriter json, RequestLine request)
    {
        if (request.RpcStatus is not null)
        {
            json.WriteStartObject("fields");
            json.WriteString(nameof(request.RpcStatus), request.RpcStatus);
            json.WriteEndObject();
        }

        json.WriteStartObject("httpRequest");
        json.WriteString("requestMethod", request.Method);
        json.WriteString("requestUrl", request.Path);
        json.WriteNumber("status", request.Status);
        json.WriteString("latency", string.Create(CultureInfo.InvariantCulture, $"{request.Duration.TotalSeconds:0.000000}s"));
        json.WriteString("protocol", request.Protocol);
        if (request.UserAgent is not null)
        {
            json.WriteString("userAgent", Redaction.Apply(request.UserAgent));
        }

        if (request.RemoteAddress is not null)
        {
            json.WriteString("remoteIp", request.RemoteAddress);
        }

        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        const string Template = "{OriginalFormat}";
        var open = false;
        for (var i = 0; i < values.Count; i++)
        {
            var (key, value) = values[i];
            if (key == Template)
            {
                continue;
            }

            if (!open)
            {
                json.WriteStartObject("fields");
                open = true;
            }

            switch (value)
            {
                case null:
                    json.WriteNull(key);
                    break;
                case bool truth:
                    json.WriteBoolean(key, truth);
                    break;
                case int number:
                    json.WriteNumber(key, number);
                    break;
                case long number:
                    json.WriteNumber(key, number);
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumber(key, number);
                    break;
                default:
                    json.WriteString(key, Redaction.Apply(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                    break;
            }
        }

        if (open)
        {
            json.WriteEndObject();
        }
    }
}
