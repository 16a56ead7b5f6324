using System.Buffers;
using System.Text.Json;
using Sluice.Api.Answers;
using Sluice.Api.Problems;
using Sluice.Core.Engines;

namespace Sluice.Api.Endpoints;

/// <summary>Is it there, is it alive, should it be sent requests. None of them asks the engine: a slow engine must not look like a dead gateway.</summary>
internal sealed class HealthEndpoints(
    EngineFacts engine, GatewayFacts gateway, Readiness readiness, IEnumerable<IEngineHealth> engines)
{
    private static readonly ReadOnlyMemory<byte> Alive = """{"status":"ok"}"""u8.ToArray();

    private readonly IEngineHealth[] _engines = [.. engines];
    private readonly ReadOnlyMemory<byte> _health = HealthOf(engine, gateway);

    public static Task LiveAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, Alive);

    public Task HealthAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, _health);

    // Readers of turns that have ended need no engine: a dead one is told, and takes no traffic away.
    public Task ReadyAsync(HttpContext context) => readiness.WhyNot is { } reasons
        ? ProblemWriter.WriteAsync(context, new Problem(503, "not_ready", reasons))
        : JsonAnswer.WriteAsync(context, 200, Ready());

    private ReadOnlyMemory<byte> Ready()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteString("status"u8, "ok"u8);
        json.WriteStartArray("engines"u8);
        foreach (var region in _engines.SelectMany(engine => engine.Regions))
        {
            json.WriteStartObject();
            json.WriteString("engine"u8, region.Engine);
            json.WriteString("region"u8, region.Region);
            json.WriteString("circuit"u8, Vertex.Telemetry.NameOf(region.Circuit));
            if (region.TriedAgainIn is { } wait)
            {
                json.WriteNumber("tried_again_in_s"u8, (long)Math.Ceiling(wait.TotalSeconds));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> HealthOf(EngineFacts engine, GatewayFacts gateway)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteString("status"u8, "ok"u8);
        json.WriteString("mode"u8, engine.Mode);
        json.WriteString("engine"u8, engine.ResourceName);
        if (gateway.Revision is { } revision)
        {
            json.WriteString("revision"u8, revision);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
