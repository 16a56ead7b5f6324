using System.Buffers.Binary;
using System.Text;

namespace Sluice.Api.Tests.Observability;

/// <summary>A span as it came over the wire.</summary>
internal sealed record OtlpSpan(
    string TraceId, string SpanId, string ParentSpanId, string Name, int Kind, string Scope, IReadOnlyDictionary<string, string> Attributes, IReadOnlyDictionary<string, string> Resource)
{
    public const int Server = 2;
    public const int Client = 3;

    /// <summary>Reads an ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto), no more of it than is asked here.</summary>
    public static IEnumerable<OtlpSpan> Read(byte[] request)
    {
        foreach (var resourceSpans in Messages(request, 1))
        {
            var resource = Messages(resourceSpans, 1).Select(message => AttributesOf(message, 1)).FirstOrDefault() ?? [];
            foreach (var scopeSpans in Messages(resourceSpans, 2))
            {
                var scope = Messages(scopeSpans, 1).Select(message => Text(message, 1)).FirstOrDefault() ?? "";
                foreach (var span in Messages(scopeSpans, 2))
                {
                    yield return new OtlpSpan(
                        Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), (int)Fields(span).FirstOrDefault(field => field.Number == 6).Value, scope, AttributesOf(span, 9), resource);
                }
            }
        }
    }

    private static Dictionary<string, string> AttributesOf(byte[] message, int number) =>
        Messages(message, number).ToDictionary(pair => Text(pair, 1), pair => ValueOf(Messages(pair, 2).Single()), StringComparer.Ordinal);

    private static string ValueOf(byte[] any)
    {
        var (number, value, bytes) = Fields(any).FirstOrDefault();
        return number == 1 ? Encoding.UTF8.GetString(bytes) : value.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    private static IEnumerable<byte[]> Messages(byte[] message, int number) => Fields(message).Where(field => field.Number == number).Select(field => field.Bytes);

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Messages(message, number).FirstOrDefault() ?? []);

    private static string Hex(byte[] message, int number) => Convert.ToHexStringLower(Messages(message, number).FirstOrDefault() ?? []);

    private static IEnumerable<(int Number, ulong Value, byte[] Bytes)> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint(message, ref at);
            ulong value = 0;
            byte[] bytes = [];
            switch (tag & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    bytes = message[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException("Not protobuf.");
            }

            yield return ((int)(tag >> 3), value, bytes);
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
