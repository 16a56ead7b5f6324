namespace Sluice.Bench.Comparator;

/// <summary>Reads a request and answers with what it had ready: what HTTP alone costs on Kestrel, below which nothing that answers from memory can come.</summary>
internal static class Constant
{
    private static readonly byte[] Answer = """{"output":"ok"}"""u8.ToArray();

    public static async Task InvokeAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        var read = await body.ReadAsync(context.RequestAborted);
        while (!read.IsCompleted)
        {
            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await body.ReadAsync(context.RequestAborted);
        }

        body.AdvanceTo(read.Buffer.End);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Answer.Length;
        await context.Response.BodyWriter.WriteAsync(Answer, context.RequestAborted);
    }
}
