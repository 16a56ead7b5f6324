using System.Buffers;

namespace Sluice.Vertex.Framing;

/// <summary>
/// Finds where one JSON value ends, without judging it, and goes on where it stopped when more bytes arrive: each byte is looked at once however the
/// network cuts the value.
/// </summary>
internal struct JsonScan
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> BehindScalar = SearchValues.Create(" \t\r\n,]}[{\""u8);

    private int _at;
    private int _depth;
    private bool _inString;

    public static JsonScan From(int offset) => new() { _at = offset };

    /// <param name="window">The bytes from the same beginning as in every call before, and any that came since.</param>
    /// <param name="end">Offset just behind the value.</param>
    /// <returns>False while its end has not arrived; a number or literal has one only when something follows it.</returns>
    public bool TryFindEnd(ReadOnlySpan<byte> window, out int end)
    {
        end = 0;
        while (_at < window.Length)
        {
            if (_inString)
            {
                var stop = window[_at..].IndexOfAny((byte)'"', (byte)'\\');
                if (stop < 0)
                {
                    _at = window.Length;
                    return false;
                }

                _at += stop + 1;
                if (window[_at - 1] == '\\')
                {
                    // The escaped byte may not be here yet: _at then points behind the window, and is right in the next one.
                    _at++;
                    continue;
                }

                _inString = false;
            }
            else if (_depth == 0 && !Structure.Contains(window[_at]))
            {
                var behind = window[_at..].IndexOfAny(BehindScalar);
                end = _at + behind;
                return behind >= 0;
            }
            else
            {
                var stop = window[_at..].IndexOfAny(Structure);
                if (stop < 0)
                {
                    _at = window.Length;
                    return false;
                }

                _at += stop + 1;
                switch (window[_at - 1])
                {
                    case (byte)'"':
                        _inString = true;
                        continue;
                    case (byte)'{' or (byte)'[':
                        _depth++;
                        continue;
                    default:
                        _depth--;
                        break;
                }
            }

            if (_depth <= 0)
            {
                end = _at;
                return true;
            }
        }

        return false;
    }
}
