using System.Text;
using System.Text.Json;
using Sluice.Api.Answers;

namespace Sluice.Api.Probing;

/// <summary>Writes what a probe found as one JSON object.</summary>
internal static class ProbeReport
{
    public static string Of(Uri url, DateTimeOffset at, IReadOnlyList<ProbeStep> steps)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, JsonAnswer.WriterOptions with { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("url"u8, url.OriginalString);
            json.WriteString("at"u8, at.UtcDateTime);
            json.WriteBoolean("ok"u8, steps.All(step => step.IsWell));
            json.WriteStartArray("steps"u8);
            foreach (var step in steps)
            {
                Write(json, step);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static void Write(Utf8JsonWriter json, ProbeStep step)
    {
        json.WriteStartObject();
        json.WriteString("step"u8, step.Name);
        json.WriteBoolean("ok"u8, step.IsWell);
        if (step.Problem is { } problem)
        {
            json.WriteString("problem"u8, problem);
        }

        if (step.Status is { } status)
        {
            json.WriteNumber("status"u8, status);
        }

        json.WriteNumber("latency_ms"u8, Milliseconds(step.Took));
        if (step.FirstEvent is { } first)
        {
            json.WriteNumber("first_event_ms"u8, Milliseconds(first));
        }

        if (step.Events is { } events)
        {
            json.WriteNumber("events"u8, events);
        }

        if (step.TraceId is { } trace)
        {
            json.WriteString("trace_id"u8, trace);
        }

        json.WriteEndObject();
    }

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
