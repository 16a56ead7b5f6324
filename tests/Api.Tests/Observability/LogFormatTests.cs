using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Sluice.Api.Observability;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Observability;

public sealed class LogFormatTests
{
    private static readonly ManualTime Time = new();
    private static readonly string Now = Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void Line_is_what_cloud_logging_reads()
    {
        using var activity = new Activity("request")
            .SetParentId(ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c"), ActivitySpanId.CreateFromString("b7ad6b7169203331"), ActivityTraceFlags.Recorded)
            .Start();

        var line = Json(LogLevel.Warning, new EventId(13, "TurnFailed"), Fields("Turn {Turn} failed", ("Turn", 7), ("Code", "cut \"here\"")), "Turn 7 failed");

        line.ShouldBe(
            "{\"severity\":\"WARNING\",\"time\":\"" + Now + "\",\"message\":\"Turn 7 failed\","
            + "\"logging.googleapis.com/trace\":\"projects/p1/traces/0af7651916cd43dd8448eb211c80319c\","
            + "\"logging.googleapis.com/spanId\":\"" + activity.SpanId.ToHexString() + "\",\"logging.googleapis.com/trace_sampled\":true,"
            + "\"fields\":{\"Turn\":7,\"Code\":\"cut \\\"here\\\"\"},"
            + "\"logging.googleapis.com/labels\":{\"logger\":\"Sluice.Tests\",\"event\":\"TurnFailed\"}}\n");
    }

    [Fact]
    public void Line_outside_of_a_request_names_no_trace() =>
        Json(LogLevel.Information, default, Fields("Started"), "Started").ShouldBe(
            "{\"severity\":\"INFO\",\"time\":\"" + Now + "\",\"message\":\"Started\",\"logging.googleapis.com/labels\":{\"logger\":\"Sluice.Tests\"}}\n");

    [Fact]
    public void Request_is_written_as_cloud_logging_shows_requests()
    {
        var request = new RequestLine("POST", "/invoke", "HTTP/1.1", 502, RpcStatus: null, TimeSpan.FromMilliseconds(12.5), "curl/8", "192.0.2.1");

        Json(LogLevel.Warning, new EventId(2, "Request"), request, request.ToString()).ShouldContain(
            "\"message\":\"POST /invoke 502 in 12.5 ms\",\"httpRequest\":{\"requestMethod\":\"POST\",\"requestUrl\":\"/invoke\",\"status\":502,"
            + "\"latency\":\"0.012500s\",\"protocol\":\"HTTP/1.1\",\"userAgent\":\"curl/8\",\"remoteIp\":\"192.0.2.1\"}");
    }

    [Fact]
    public void Exception_is_a_stack_trace_in_the_same_line()
    {
        var line = Json(LogLevel.Error, default, Fields("Failed"), "Failed", Thrown("no\nluck"));

        line.Count(letter => letter == '\n').ShouldBe(1);
        JsonDocument.Parse(line).RootElement.GetProperty("stack_trace").GetString()!.ShouldStartWith("System.InvalidOperationException: no\nluck\n   at ");
    }

    [Theory]
    [InlineData("\r\n{\"severity\":\"INFO\"}")]
    [InlineData("\u001b[2J\u0007\u0085\u2028")]
    public void Nothing_a_caller_sends_makes_a_line_of_its_own(string evil)
    {
        var json = Json(LogLevel.Information, default, Fields("{Evil}", ("Evil", evil)), evil);
        json.IndexOf('\n', StringComparison.Ordinal).ShouldBe(json.Length - 1);
        JsonDocument.Parse(json).RootElement.GetProperty("message").GetString().ShouldBe(evil);

        var text = Text(LogLevel.Information, evil);
        text.IndexOf('\n', StringComparison.Ordinal).ShouldBe(text.Length - 1);
        text[..^1].Any(char.IsControl).ShouldBeFalse();
    }

    [Fact]
    public void Text_is_for_people() =>
        Text(LogLevel.Warning, "Turn 7 failed", Thrown("no\u001bluck")).ShouldMatch(@"^\d\d:\d\d:\d\d\.\d{3} WARN   Turn 7 failed\n    System.InvalidOperationException: no luck\n       at ");

    [Theory]
    [InlineData("sent Authorization: Bearer abc.def-ghi_jkl", "abc.def")]
    [InlineData("token ya29.a0AfH6SMBx-y_z", "ya29")]
    [InlineData("id eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "eyJhbGci")]
    [InlineData("key AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIza")]
    [InlineData("key slk_abcdefghijklmnop_abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst", "abcdefghijklmnopqrstuvwxyz")]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==", "dXNlcj")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----", "MIIEvQ")]
    public void Credentials_are_taken_out(string message, string secret)
    {
        var json = Json(LogLevel.Error, default, Fields("{Value}", ("Value", message)), message, Thrown(message));
        json.ShouldNotContain(secret);
        json.ShouldContain("[redacted]");
        Text(LogLevel.Error, message, Thrown(message)).ShouldNotContain(secret);
    }

    [Fact]
    public void Ordinary_words_are_left_alone() => Redaction.Apply("bearer of good news, basic facts").ShouldBe("bearer of good news, basic facts");

    private static InvalidOperationException Thrown(string message)
    {
        try
        {
            throw new InvalidOperationException(message);
        }
        catch (InvalidOperationException e)
        {
            return e;
        }
    }

    private static List<KeyValuePair<string, object?>> Fields(string template, params (string Name, object? Value)[] fields) =>
        [.. fields.Select(field => new KeyValuePair<string, object?>(field.Name, field.Value)), new("{OriginalFormat}", template)];

    private static string Json<TState>(LogLevel level, EventId id, TState state, string message, Exception? exception = null) =>
        Write(new CloudJsonFormatter(new GoogleProject("p1"), Time), level, id, state, message, exception);

    private static string Text(LogLevel level, string message, Exception? exception = null) =>
        Write(new TerminalFormatter(Time), level, default, message, message, exception);

    private static string Write<TState>(ConsoleFormatter formatter, LogLevel level, EventId id, TState state, string message, Exception? exception)
    {
        using var writer = new StringWriter();
        formatter.Write(new LogEntry<TState>(level, "Sluice.Tests", id, state, exception, (_, _) => message), null, writer);
        return writer.ToString();
    }
}
