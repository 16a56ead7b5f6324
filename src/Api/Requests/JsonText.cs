using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Sluice.Api.Requests;

/// <summary>JSON string literals: what is in them, and what they are made of.</summary>
internal static class JsonText
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    /// <summary>
    /// A text with its quotes, escaped where JSON demands it and nowhere else, as JSON.stringify does: so a question is spelled alike, and is the same question, whatever protocol
    /// it comes by.
    /// </summary>
    public static ReadOnlyMemory<byte> Literal(string text)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(text);
        var literal = new ArrayBufferWriter<byte>(rest.Length + 2);
        literal.Write("\""u8);
        for (var at = rest.IndexOfAny(Escaped); at >= 0; at = rest.IndexOfAny(Escaped))
        {
            literal.Write(rest[..at]);
            literal.Write(EscapeOf(rest[at]));
            rest = rest[(at + 1)..];
        }

        literal.Write(rest);
        literal.Write("\""u8);
        return literal.WrittenMemory;
    }

    /// <summary>What a literal says. Half of a surrogate pair, which JSON can write and no text can hold, is told as U+FFFD.</summary>
    public static string Value(ReadOnlySpan<byte> literal)
    {
        try
        {
            return Read(literal);
        }
        catch (InvalidOperationException)
        {
            return Read(WithoutHalves(literal));
        }
    }

    /// <summary>True when there is nothing but white space between the quotes, written plainly or escaped.</summary>
    public static bool IsBlank(ReadOnlySpan<byte> inside)
    {
        while (!inside.IsEmpty)
        {
            if (inside[0] != '\\')
            {
                Rune.DecodeFromUtf8(inside, out var rune, out var length);
                if (!Rune.IsWhiteSpace(rune))
                {
                    return false;
                }

                inside = inside[length..];
            }
            else if (inside[1] is (byte)'n' or (byte)'r' or (byte)'t' or (byte)'f')
            {
                inside = inside[2..];
            }
            else if (inside[1] == 'u' && Utf8Parser.TryParse(inside.Slice(2, 4), out ushort unit, out _, 'x') && char.IsWhiteSpace((char)unit))
            {
                inside = inside[6..];
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    private static string Read(ReadOnlySpan<byte> literal)
    {
        var json = new Utf8JsonReader(literal);
        json.Read();
        return json.GetString()!;
    }

    private static byte[] WithoutHalves(ReadOnlySpan<byte> literal)
    {
        var whole = literal.ToArray();
        for (var at = 0; at < whole.Length; at++)
        {
            if (whole[at] != '\\')
            {
                continue;
            }

            if (UnitAt(whole.AsSpan(at)) is not { } unit)
            {
                at++;
                continue;
            }

            var isPair = char.IsHighSurrogate(unit) && UnitAt(whole.AsSpan(at + 6)) is { } next && char.IsLowSurrogate(next);
            if (char.IsSurrogate(unit) && !isPair)
            {
                "FFFD"u8.CopyTo(whole.AsSpan(at + 2));
            }

            at += isPair ? 11 : 5;
        }

        return whole;
    }

    private static char? UnitAt(ReadOnlySpan<byte> escape) =>
        escape is [(byte)'\\', (byte)'u', _, _, _, _, ..] && Utf8Parser.TryParse(escape.Slice(2, 4), out ushort unit, out _, 'x') ? (char)unit : null;

    private static byte[] EscapeOf(byte character) => character switch
    {
        (byte)'"' => [(byte)'\\', (byte)'"'],
        (byte)'\\' => [(byte)'\\', (byte)'\\'],
        (byte)'\b' => [(byte)'\\', (byte)'b'],
        (byte)'\t' => [(byte)'\\', (byte)'t'],
        (byte)'\n' => [(byte)'\\', (byte)'n'],
        (byte)'\f' => [(byte)'\\', (byte)'f'],
        (byte)'\r' => [(byte)'\\', (byte)'r'],
        _ => Encoding.ASCII.GetBytes($"\\u{(int)character:x4}"),
    };
}
