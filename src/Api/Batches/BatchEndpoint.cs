using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sluice.Api.Answers;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;
using Sluice.Api.Requests;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using IdempotencyKey = Sluice.Api.Requests.IdempotencyKey;

namespace Sluice.Api.Batches;

/// <summary><c>POST /invoke:batch</c>: many requests for <c>/invoke</c> in one, some at a time, each with its own end.</summary>
internal sealed class BatchEndpoint(InvokeEndpoint invoke, HttpSurfaceOptions options, ILogger<ProblemBoundary> log)
{
    public const string Path = "/invoke:batch";

    // Room for "/255" behind it.
    private const int LongestKey = 251;

    private static readonly Problem LeftWithTurn =
        new(502, "answer_too_large", "The answers of the batch are larger than it may have. This one is read where Location leads, or by fewer items at once.");

    // What nobody expected of one item is its own failure.
    private readonly ProblemBoundary _one = new(invoke.HandleAsync, new ProblemWriter(), log);

    public async Task HandleAsync(HttpContext context)
    {
        var wrongKey = IdempotencyKey.TryRead(context.Request, out var key);
        wrongKey ??= key?.Length > LongestKey ? Problem.Invalid(IdempotencyKey.Header, $"may have {LongestKey} characters for a batch.") : null;
        if ((MediaTypes.Check(context) ?? wrongKey) is { } refused)
        {
            await ProblemWriter.WriteAsync(context, refused);
            return;
        }

        var body = await BodyReader.ReadAsync(context.Request, options.MaxBodyBytes, context.RequestAborted);
        var malformed = BatchParser.Parse(body.Bytes, options, out var items);
        if ((body.Problem ?? malformed) is { } wrong)
        {
            await ProblemWriter.WriteAsync(context, wrong);
            return;
        }

        await JsonAnswer.WriteAsync(context, 200, Written(await RunAsync(context, items, key)));
    }

    private async Task<ItemExchange[]> RunAsync(HttpContext context, IReadOnlyList<ReadOnlyMemory<byte>> items, string? key)
    {
        using var places = new SemaphoreSlim(options.BatchParallelism);
        var room = new AnswerRoom(options.BatchAnswerBytes);
        var running = new List<Task<ItemExchange>>(items.Count);
        try
        {
            for (var i = 0; i < items.Count; i++)
            {
                await places.WaitAsync(context.RequestAborted);

                // The place may be that of an item which went with its client.
                context.RequestAborted.ThrowIfCancellationRequested();
                var item = new BatchItem(string.Create(CultureInfo.InvariantCulture, $"$.items[{i}]"));
                var ownKey = key is null ? null : string.Create(CultureInfo.InvariantCulture, $"{key}/{i}");
                running.Add(RunOneAsync(new ItemExchange(context, "/invoke", item, items[i], ownKey), places, room));
            }
        }
        finally
        {
            // Also when the client has left: each of them sees that by itself.
            await Task.WhenAll(running);
        }

        context.RequestAborted.ThrowIfCancellationRequested();
        return await Task.WhenAll(running);
    }

    private async Task<ItemExchange> RunOneAsync(ItemExchange item, SemaphoreSlim places, AnswerRoom room)
    {
        try
        {
            await _one.InvokeAsync(item.Context);
            if (!room.TryTake(item.Body.Length))
            {
                await LeaveWithTurnAsync(item);
            }

            return item;
        }
        finally
        {
            places.Release();
        }
    }

    private static Task LeaveWithTurnAsync(ItemExchange item)
    {
        item.DropBody();
        var response = item.Context.Response;
        if (SessionId.TryParse(response.Headers[TurnHeaders.SessionName], out var session) && TurnId.TryParse(response.Headers[TurnHeaders.TurnName], out var turn))
        {
            TurnHeaders.SetLocation(response, session, turn);
        }

        return ProblemWriter.WriteAsync(item.Context, LeftWithTurn);
    }

    private static ReadOnlyMemory<byte> Written(ItemExchange[] items)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions);
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var item in items)
        {
            json.WriteStartObject();
            json.WriteNumber("status"u8, item.Status);
            json.WriteStartObject("headers"u8);
            foreach (var (name, value) in item.Headers)
            {
                json.WriteString(name, value.ToString());
            }

            json.WriteEndObject();
            json.WritePropertyName("body"u8);
            if (item.Body.IsEmpty)
            {
                json.WriteNullValue();
            }
            else
            {
                json.WriteRawValue(item.Body.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>What the answers of a batch may still take.</summary>
    private sealed class AnswerRoom(int bytes)
    {
        private long _left = bytes;

        public bool TryTake(int size)
        {
            if (Interlocked.Add(ref _left, -size) >= 0)
            {
                return true;
            }

            Interlocked.Add(ref _left, size);
            return false;
        }
    }
}
