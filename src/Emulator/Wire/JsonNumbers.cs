using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Wire;

/// <summary>Numbers cross the service as doubles, whatever they were before.</summary>
internal static class JsonNumbers
{
    public static double AsDouble(this JsonValue value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);

    /// <summary>A double as the C++ protobuf library prints it: 15 digits if they read back, else 17.</summary>
    public static string Protobuf(double value)
    {
        var text = value.ToString("G15", CultureInfo.InvariantCulture);
        if (double.Parse(text, CultureInfo.InvariantCulture) != value) text = value.ToString("G17", CultureInfo.InvariantCulture);
        return text.Replace('E', 'e');
    }
}
