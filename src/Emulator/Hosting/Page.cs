using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Emulator.Hosting;

/// <summary>One page of a list, by pageSize and pageToken.</summary>
internal static class Page
{
    private const int DefaultSize = 100;

    public static JsonObject Of(Exchange exchange, string member, IReadOnlyList<JsonObject> all)
    {
        var size = Number(exchange.Query("pageSize")) is > 0 and var asked ? asked : DefaultSize;
        var from = Number(exchange.Query("pageToken"));
        var json = new JsonObject();
        if (from < all.Count) json[member] = new JsonArray([.. all.Skip(from).Take(size)]);
        if (from + size < all.Count) json["nextPageToken"] = (from + size).ToString(CultureInfo.InvariantCulture);
        return json;
    }

    private static int Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
}
