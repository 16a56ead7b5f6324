using System.Globalization;

namespace Sluice.Emulator.Wire;

/// <summary>A float as Python's repr and json.dumps write it: shortest digits that read back, always with a point or an exponent.</summary>
internal static class PythonFloat
{
    public static string Repr(double value)
    {
        if (double.IsNaN(value)) return "NaN";
        if (double.IsInfinity(value)) return value > 0 ? "Infinity" : "-Infinity";
        if (value == 0) return double.IsNegative(value) ? "-0.0" : "0.0";

        // "E16" would not be the shortest form; "R" is, but changes to an exponent elsewhere than Python does, so only its digits are used.
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        var sign = text[0] == '-' ? "-" : "";
        text = text[sign.Length..];
        var exponent = 0;
        if (text.IndexOf('E', StringComparison.Ordinal) is >= 0 and var e)
        {
            exponent = int.Parse(text[(e + 1)..], CultureInfo.InvariantCulture);
            text = text[..e];
        }
        var point = text.IndexOf('.', StringComparison.Ordinal);
        exponent += (point < 0 ? text.Length : point) - 1;
        var digits = text.Replace(".", "", StringComparison.Ordinal);
        var leading = digits.Length - digits.TrimStart('0').Length;
        exponent -= leading;
        digits = digits[leading..].TrimEnd('0');

        return sign + Lay(digits, exponent);
    }

    private static string Lay(string digits, int exponent)
    {
        if (exponent is < -4 or >= 16)
        {
            var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        if (exponent < 0) return "0." + new string('0', -exponent - 1) + digits;
        return digits.Length <= exponent + 1
            ? digits.PadRight(exponent + 1, '0') + ".0"
            : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }
}
