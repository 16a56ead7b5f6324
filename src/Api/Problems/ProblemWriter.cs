using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Sluice.Api.Answers;
using Sluice.Core.Turns;

namespace Sluice.Api.Problems;

/// <summary>Writes problems as <c>application/problem+json</c>.</summary>
internal sealed class ProblemWriter : IProblemWriter
{
    Task IProblemWriter.WriteAsync(HttpContext context, Problem problem) => WriteAsync(context, problem);

    public static Task WriteAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        if (problem.TellsRetryAfter)
        {
            response.Headers.RetryAfter = problem.RetryAfterSeconds().ToString(CultureInfo.InvariantCulture);
        }

        return JsonAnswer.WriteAsync(context, problem.Status, JsonAnswer.ProblemType, BodyOf(context, problem));
    }

    private static ReadOnlyMemory<byte> BodyOf(HttpContext context, Problem problem)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();

        // The type is blank and the title the status's own (RFC 9457, section 4.2.1); what tells problems apart is the code.
        json.WriteString("type"u8, "about:blank"u8);
        json.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(problem.Status));
        json.WriteNumber("status"u8, problem.Status);
        json.WriteString("detail"u8, problem.Detail);
        json.WriteString("code"u8, problem.Code);
        if (problem.IsUnknown)
        {
            json.WriteString("state"u8, TurnJson.NameOf(TurnState.Unknown));
        }

        if (problem.UpstreamStatus is { } upstream)
        {
            json.WriteNumber("upstream_status"u8, upstream);
        }

        if (problem.Cancelled is { } reason)
        {
            json.WriteString("reason"u8, TurnJson.NameOf(reason));
        }

        WriteHeader(json, "session_id"u8, context.Response, TurnHeaders.SessionName);
        WriteHeader(json, "turn_id"u8, context.Response, TurnHeaders.TurnName);
        if (problem.Cursor is { } cursor)
        {
            json.WriteString("cursor"u8, cursor.ToString());
        }

        if (problem.ViolatedPolicy is { } policy)
        {
            // Named in draft-ietf-httpapi-ratelimit-headers.
            json.WriteStartArray("violated-policies"u8);
            json.WriteStringValue(policy);
            json.WriteEndArray();
        }

        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            json.WriteString("trace_id"u8, activity.TraceId.ToHexString());
        }

        if (problem.Errors.Count > 0)
        {
            json.WriteStartArray("errors"u8);
            foreach (var (path, message) in problem.Errors)
            {
                json.WriteStartObject();
                json.WriteString("path"u8, path);
                json.WriteString("message"u8, message);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteHeader(Utf8JsonWriter json, ReadOnlySpan<byte> name, HttpResponse response, string header)
    {
        if (response.Headers.TryGetValue(header, out var value))
        {
            json.WriteString(name, value.ToString());
        }
    }
}
