using System.Buffers;
using System.Text.Json;
using Sluice.Api.Answers;
using Sluice.Api.Problems;

namespace Sluice.Api.Endpoints;

/// <summary>Is it there, is it alive, should it be sent requests. None of them asks the engine: a slow engine must not look like a dead gateway.</summary>
internal sealed class HealthEndpoints(EngineFacts engine, IEnumerable<IReadiness> needs)
{
    private static readonly ReadOnlyMemory<byte> Alive = """{"status":"ok"}"""u8.ToArray();

    private readonly IReadiness[] _needs = [.. needs];
    private readonly ReadOnlyMemory<byte> _health = HealthOf(engine);

    public static Task LiveAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, Alive);

    public Task HealthAsync(HttpContext context) => JsonAnswer.WriteAsync(context, 200, _health);

    public Task ReadyAsync(HttpContext context)
    {
        List<string>? reasons = null;
        foreach (var need in _needs)
        {
            if (need.WhyNot is { } reason)
            {
                (reasons ??= []).Add(reason);
            }
        }

        return reasons is null
            ? JsonAnswer.WriteAsync(context, 200, Alive)
            : ProblemWriter.WriteAsync(context, new Problem(503, "not_ready", string.Join(' ', reasons)));
    }

    private static ReadOnlyMemory<byte> HealthOf(EngineFacts engine)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteString("status"u8, "ok"u8);
        json.WriteString("mode"u8, engine.Mode);
        json.WriteString("engine"u8, engine.ResourceName);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
