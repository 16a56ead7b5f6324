namespace Sluice.Bench.Sockets;

/// <summary>HTTP/1.1 chunked transfer coding, cut anywhere.</summary>
internal struct ChunkedDecoder
{
    private Step _step;
    private int _remaining;
    private bool _trailerLineIsEmpty;

    private enum Step
    {
        Size,
        Extension,
        Data,
        AfterData,
        Trailer,
        End,
    }

    public readonly bool Finished => _step == Step.End;

    /// <summary>Takes the next run of body bytes out of <paramref name="input"/>; empty when the input or the body has ended.</summary>
    public ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty && _step != Step.End)
        {
            if (_step == Step.Data)
            {
                var data = input[..Math.Min(_remaining, input.Length)];
                input = input[data.Length..];
                _remaining -= data.Length;
                _step = _remaining == 0 ? Step.AfterData : Step.Data;
                return data;
            }

            Take(input[0]);
            input = input[1..];
        }

        return [];
    }

    private void Take(byte next)
    {
        switch (_step)
        {
            case Step.Size when char.IsAsciiHexDigit((char)next):
                _remaining = (_remaining << 4) | (next <= '9' ? next - '0' : (next | 0x20) - 'a' + 10);
                break;
            case Step.Size when next == ';':
                _step = Step.Extension;
                break;
            case Step.Size or Step.Extension when next == '\n':
                _step = _remaining == 0 ? Step.Trailer : Step.Data;
                _trailerLineIsEmpty = true;
                break;
            case Step.AfterData when next == '\n':
                _step = Step.Size;
                break;
            case Step.Trailer when next == '\n':
                _step = _trailerLineIsEmpty ? Step.End : Step.Trailer;
                _trailerLineIsEmpty = true;
                break;
            case Step.Trailer when next != '\r':
                _trailerLineIsEmpty = false;
                break;
            default:
                break;
        }
    }
}
