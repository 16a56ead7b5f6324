using System.Buffers.Text;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>
/// Reads one SSE stream and counts its events. Deltas are the unnamed frames (a named one may repeat the whole text); comments and ids pass by.
/// </summary>
internal sealed class EventTally(LoadFigures figures)
{
    private byte[] _partialLine = new byte[128];
    private int _partialLength;
    private bool _unnamed;
    private int _last;

    /// <summary>The number of the last event of the stream.</summary>
    public int Last => _last;

    /// <summary>The stream said itself that it was done.</summary>
    public bool SaidDone { get; private set; }

    public void Start()
    {
        _partialLength = 0;
        _unnamed = true;
        _last = 0;
        SaidDone = false;
    }

    public void Read(ReadOnlySpan<byte> body)
    {
        while (true)
        {
            var newline = body.IndexOf((byte)'\n');
            if (newline < 0)
            {
                Keep(body);
                return;
            }

            if (_partialLength == 0)
            {
                Line(body[..newline]);
            }
            else
            {
                Keep(body[..newline]);
                Line(_partialLine.AsSpan(0, _partialLength));
                _partialLength = 0;
            }

            body = body[(newline + 1)..];
        }
    }

    private void Line(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("data:"u8))
        {
            if (_unnamed)
            {
                Tokens(line);
            }
        }
        else if (line.StartsWith("event:"u8))
        {
            var name = line[6..].Trim(" \r"u8);
            _unnamed = name.SequenceEqual("message"u8);
            SaidDone |= name.SequenceEqual("done"u8);
            figures.ErrorEvents += name.SequenceEqual("error"u8) ? 1 : 0;
        }
        else if (line.IsEmpty || line[0] == '\r')
        {
            _unnamed = true;
        }
    }

    private void Tokens(ReadOnlySpan<byte> data)
    {
        int found;
        while ((found = data.IndexOf("tok"u8)) >= 0)
        {
            data = data[(found + 3)..];
            if (Utf8Parser.TryParse(data, out int number, out var digits) && digits < data.Length && data[digits] == '@'
                && Utf8Parser.TryParse(data[(digits + 1)..], out long sent, out _))
            {
                Count(number, sent);
            }
        }
    }

    private void Count(int number, long sent)
    {
        figures.CountEvent(Clock.Now - sent);
        if (number <= _last)
        {
            figures.Repeated++;
            return;
        }

        figures.Lost += number - _last - 1;
        _last = number;
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        if (_partialLength + part.Length > _partialLine.Length)
        {
            Array.Resize(ref _partialLine, (_partialLength + part.Length) * 2);
        }

        part.CopyTo(_partialLine.AsSpan(_partialLength));
        _partialLength += part.Length;
    }
}
