using System.Buffers.Text;
using System.Text;

namespace Sluice.Api.Requests;

/// <summary>Looks into JSON string literals without making strings of them.</summary>
internal static class JsonText
{
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
}
