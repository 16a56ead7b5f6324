using System.Buffers;
using System.IO.Pipelines;

namespace Sluice.Bench.Comparator;

/// <summary>Turns NDJSON, cut anywhere, into one SSE frame a line.</summary>
internal struct SseLines(PipeWriter writer)
{
    private bool _inLine;

    public void Write(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (!_inLine)
            {
                writer.Write("data: "u8);
                _inLine = true;
            }

            var newline = data.IndexOf((byte)'\n');
            if (newline < 0)
            {
                writer.Write(data);
                return;
            }

            writer.Write(data[..(newline + 1)]);
            writer.Write("\n"u8);
            _inLine = false;
            data = data[(newline + 1)..];
        }
    }
}
