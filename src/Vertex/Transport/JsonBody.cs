using System.Net;

namespace Sluice.Vertex.Transport;

/// <summary>A JSON request body in up to three pieces, the middle one carried through as it came from the caller. May be sent again.</summary>
internal sealed class JsonBody : HttpContent
{
    private readonly ReadOnlyMemory<byte> _head;
    private readonly ReadOnlyMemory<byte> _middle;
    private readonly ReadOnlyMemory<byte> _tail;

    public JsonBody(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> middle, ReadOnlyMemory<byte> tail)
    {
        (_head, _middle, _tail) = (head, middle, tail);
        Headers.TryAddWithoutValidation("Content-Type", "application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(_head, cancellationToken);
        if (!_middle.IsEmpty)
        {
            await stream.WriteAsync(_middle, cancellationToken);
        }

        if (!_tail.IsEmpty)
        {
            await stream.WriteAsync(_tail, cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = (long)_head.Length + _middle.Length + _tail.Length;
        return true;
    }
}
