namespace Sluice.Vertex.Framing;

/// <summary>
/// Tells what a stream that begins with <c>[</c> is: one array whose elements are the events, or lines of which the first is a list.
/// </summary>
/// <remarks>
/// Decided from the bytes alone, so the same however they are cut. Inside a list on a line there is no line break, and Python prints a space behind the
/// comma; the array Google's front end streams has a line break before or behind its first element, and a compact one has no space. A list of one element
/// is taken for an array: that is how Google wraps an error (<c>[{"error":…}]</c>).
/// </remarks>
internal struct ListOrArray()
{
    private JsonScan _scan;
    private int _first;

    public enum Verdict : byte
    {
        Undecided,
        Array,
        List,
    }

    /// <param name="window">The stream from its <c>[</c>.</param>
    public Verdict Decide(ReadOnlySpan<byte> window)
    {
        if (_first == 0)
        {
            var space = window[1..].IndexOfAnyExcept(" \t"u8);
            if (space < 0)
            {
                return Verdict.Undecided;
            }

            _first = 1 + space;
            _scan = JsonScan.From(_first);
        }

        if (window[_first] is (byte)'\r' or (byte)'\n' or (byte)']')
        {
            return Verdict.Array;
        }

        var isWhole = _scan.TryFindEnd(window, out var end);
        if (window[..(isWhole ? end : window.Length)].Contains((byte)'\n'))
        {
            return Verdict.Array;
        }

        if (!isWhole)
        {
            return Verdict.Undecided;
        }

        var behind = window[end..].TrimStart(" \t"u8);
        return behind.Length == 0 ? Verdict.Undecided
            : behind[0] != ',' ? Verdict.Array
            : behind.Length == 1 ? Verdict.Undecided
            : behind[1] == ' ' ? Verdict.List : Verdict.Array;
    }
}
