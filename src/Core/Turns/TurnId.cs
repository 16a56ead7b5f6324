using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Sluice.Core.Turns;

/// <summary>A turn's name: a UUID version 7 (RFC 9562), written as 32 lower-case hexadecimal digits.</summary>
public readonly record struct TurnId(Guid Value)
{
    public const int Length = 32;

    public static TurnId New() => new(UniqueId.New());

    public static bool TryParse([NotNullWhen(true)] string? text, out TurnId id) => TryParse(text.AsSpan(), out id);

    public static bool TryParse(ReadOnlySpan<char> text, out TurnId id)
    {
        // Guid's "N" accepts upper case as well; one turn has one spelling.
        if (text.Length == Length && !text.ContainsAnyExceptInRange('0', 'f') && !text.ContainsAnyInRange('A', 'Z')
            && Guid.TryParseExact(text, "N", out var value))
        {
            id = new TurnId(value);
            return true;
        }

        id = default;
        return false;
    }

    public bool TryFormat(Span<byte> utf8, out int written) => Value.TryFormat(utf8, out written, "N");

    public override string ToString() => Value.ToString("N");
}

/// <summary>
/// Turn and sequence, written <c>turn:sequence</c>: all that a client needs to continue anywhere. It names the last event seen; 0 is before the first.
/// </summary>
public readonly record struct Cursor(TurnId Turn, long Sequence)
{
    /// <summary>What a cursor looks like, for error messages.</summary>
    public const string Form = "<turn>:<sequence>, as in the id of the last event received";

    public static bool TryParse([NotNullWhen(true)] string? text, out Cursor cursor)
    {
        cursor = default;
        if (text is null || text.Length <= TurnId.Length + 1 || text[TurnId.Length] != ':')
        {
            return false;
        }

        if (!TurnId.TryParse(text.AsSpan(0, TurnId.Length), out var turn)
            || !long.TryParse(text.AsSpan(TurnId.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return false;
        }

        cursor = new Cursor(turn, sequence);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Turn}:{Sequence}");
}
