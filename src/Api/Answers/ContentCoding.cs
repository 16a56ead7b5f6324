using System.IO.Compression;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Sluice.Api.Answers;

/// <summary>
/// A way to compress a whole body. Done by hand and not by the response compression middleware, which puts itself between every response and its connection,
/// streams included.
/// </summary>
internal sealed class ContentCoding
{
    // Fast settings: the better ones cost milliseconds a megabyte more than the network they save.
    private const int BrotliQuality = 4;
    private const int BrotliWindow = 18;

    private static readonly ContentCoding Brotli = new("br", EncodeBrotli);
    private static readonly ContentCoding Gzip = new("gzip", EncodeGzip);

    private readonly Encoder _encode;

    private ContentCoding(string name, Encoder encode) => (Name, _encode) = (name, encode);

    private delegate ReadOnlyMemory<byte> Encoder(ReadOnlySpan<byte> body);

    public string Name { get; }

    /// <summary>The one the client likes best, ours first among equals; null to send the body as it is (RFC 9110, section 12.5.3).</summary>
    public static ContentCoding? Choose(StringValues acceptEncoding)
    {
        if (!StringWithQualityHeaderValue.TryParseList(acceptEncoding, out var accepted))
        {
            return null;
        }

        var (brotli, gzip, any) = (-1.0, -1.0, -1.0);
        foreach (var entry in accepted)
        {
            var quality = entry.Quality ?? 1;
            if (entry.Value.Equals("br", StringComparison.OrdinalIgnoreCase))
            {
                brotli = quality;
            }
            else if (entry.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase))
            {
                gzip = quality;
            }
            else if (entry.Value.Equals("*", StringComparison.Ordinal))
            {
                any = quality;
            }
        }

        brotli = brotli < 0 ? any : brotli;
        gzip = gzip < 0 ? any : gzip;
        return brotli > 0 && brotli >= gzip ? Brotli : gzip > 0 ? Gzip : null;
    }

    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> body) => _encode(body);

    private static ReadOnlyMemory<byte> EncodeBrotli(ReadOnlySpan<byte> body)
    {
        var room = new byte[BrotliEncoder.GetMaxCompressedLength(body.Length)];
        return BrotliEncoder.TryCompress(body, room, out var written, BrotliQuality, BrotliWindow)
            ? room.AsMemory(0, written)
            : throw new InvalidOperationException("Brotli needs more room than it says it may.");
    }

    private static ReadOnlyMemory<byte> EncodeGzip(ReadOnlySpan<byte> body)
    {
        var room = new MemoryStream(body.Length / 2);
        using (var gzip = new GZipStream(room, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(body);
        }

        return room.GetBuffer().AsMemory(0, (int)room.Length);
    }
}
