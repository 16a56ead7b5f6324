using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;

namespace Sluice.Bench.Comparator;

/// <summary>Carries a request to the engine and its answer back, and does nothing else: what any gateway in .NET must at least cost.</summary>
internal sealed class PassThrough(string endpoint, string engineName)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly Uri _query = new($"{endpoint}/v1beta1/{engineName}:query");
    private readonly Uri _streamQuery = new($"{endpoint}/v1beta1/{engineName}:streamQuery");

    private readonly HttpMessageInvoker _engine = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
    });

    public async Task InvokeAsync(HttpContext context)
    {
        using var answer = await SendAsync(_query, context);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Content.Headers.ContentLength;

        var writer = context.Response.BodyWriter;
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        int read;
        while ((read = await body.ReadAsync(writer.GetMemory(), context.RequestAborted)) > 0)
        {
            writer.Advance(read);
        }
    }

    public async Task StreamAsync(HttpContext context)
    {
        using var answer = await SendAsync(_streamQuery, context);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = "text/event-stream";

        var writer = context.Response.BodyWriter;
        var lines = new SseLines(writer);
        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
            {
                lines.Write(buffer.AsSpan(0, read));
                await writer.FlushAsync(context.RequestAborted);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<HttpResponseMessage> SendAsync(Uri method, HttpContext context)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, method)
        {
            Content = new ByteArrayContent(await EnvelopeAsync(context.Request.BodyReader, context.RequestAborted)),
        };
        request.Content.Headers.ContentType = Json;
        return await _engine.SendAsync(request, context.RequestAborted);
    }

    private static async ValueTask<byte[]> EnvelopeAsync(PipeReader body, CancellationToken cancellation)
    {
        var result = await body.ReadAsync(cancellation);
        while (!result.IsCompleted)
        {
            body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            result = await body.ReadAsync(cancellation);
        }

        var envelope = Envelope(result.Buffer);
        body.AdvanceTo(result.Buffer.End);
        return envelope;
    }

    private static byte[] Envelope(ReadOnlySequence<byte> body)
    {
        var before = "{\"input\":"u8;
        var length = (int)body.Length;
        var envelope = new byte[before.Length + length + 1];
        before.CopyTo(envelope);
        body.CopyTo(envelope.AsSpan(before.Length));
        envelope[^1] = (byte)'}';
        return envelope;
    }
}
