using System.Buffers;
using Sluice.Api.Problems;

namespace Sluice.Api.Requests;

/// <summary>
/// Reads a request's body into one array of exactly its length, which the turn keeps for as long as it lives. Memory grows with what has arrived and not with
/// what a Content-Length claims.
/// </summary>
internal static class BodyReader
{
    private const int FirstRoom = 64 * 1024;

    public static ValueTask<Body> ReadAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes)
        {
            return new ValueTask<Body>(TooLarge(maxBytes));
        }

        // Nearly always the whole body has come with the head.
        if (request.BodyReader.TryRead(out var read))
        {
            if (read is { IsCompleted: true, IsCanceled: false } && read.Buffer.Length <= maxBytes)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return new ValueTask<Body>(new Body(body));
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start);
        }

        return ReadSlowlyAsync(request, maxBytes, cancellationToken);
    }

    private static async ValueTask<Body> ReadSlowlyAsync(HttpRequest request, int maxBytes, CancellationToken cancellationToken)
    {
        // One more than may come: what is full is too large.
        var limit = (int)Math.Min(request.ContentLength ?? long.MaxValue, maxBytes + 1L);
        var room = new byte[Math.Min(limit, FirstRoom)];
        var length = 0;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                var fits = Math.Min(segment.Length, limit - length);
                while (room.Length - length < fits)
                {
                    Array.Resize(ref room, (int)Math.Min(limit, room.Length * 2L));
                }

                segment.Span[..fits].CopyTo(room.AsSpan(length));
                length += fits;
            }

            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (length > maxBytes)
            {
                return TooLarge(maxBytes);
            }

            if (read.IsCompleted)
            {
                Array.Resize(ref room, length);
                return new Body(room);
            }
        }
    }

    private static Body TooLarge(int maxBytes) => new(new Problem(413, "body_too_large", $"The body may have {maxBytes} bytes."));
}

/// <summary>The bytes, or why there are none.</summary>
internal readonly struct Body
{
    public Body(byte[] bytes) => Bytes = bytes;

    public Body(Problem problem) => (Bytes, Problem) = ([], problem);

    public byte[] Bytes { get; }

    public Problem? Problem { get; }
}
