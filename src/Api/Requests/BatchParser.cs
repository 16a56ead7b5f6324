using System.Text.Json;
using System.Text.Unicode;
using Sluice.Api.Endpoints;
using Sluice.Api.Problems;

namespace Sluice.Api.Requests;

/// <summary>Finds the items in the body of a batch. What is wrong inside one is told of that one, what is wrong around them of the whole.</summary>
internal static class BatchParser
{
    private const string Items = "items";
    private const string Path = $"$.{Items}";

    /// <returns>Null when <paramref name="items"/> are there, each one JSON value.</returns>
    public static Problem? Parse(ReadOnlyMemory<byte> body, HttpSurfaceOptions options, out IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        items = [];
        if (body.IsEmpty)
        {
            return new Problem(400, "empty_body", $"The body is empty. It must be a JSON object with the field {Items}.");
        }

        // The JSON reader takes the bytes of strings as they come.
        if (!Utf8.IsValid(body.Span))
        {
            return new Problem(400, "invalid_utf8", "The body is not valid UTF-8.");
        }

        try
        {
            return Read(body, options.BatchItems, out items);
        }
        catch (JsonException invalid)
        {
            return new Problem(400, "invalid_json", $"The body is not valid JSON: see line {invalid.LineNumber + 1}, byte {invalid.BytePositionInLine + 1}.");
        }
    }

    private static Problem? Read(ReadOnlyMemory<byte> body, int most, out IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        items = [];
        Problem? problem = null;
        List<ReadOnlyMemory<byte>>? found = null;

        // How deep an item may be is for the item to say.
        var json = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = int.MaxValue });
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            problem = Problem.Invalid("$", "must be an object.");
            json.Skip();
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = NameOf(json);
            var isItems = string.Equals(name, Items, StringComparison.Ordinal);
            problem ??= isItems ? null : Problem.Invalid(JsonPath.Of("$", name), $"unknown field. Known is {Items}.");
            problem ??= isItems && found is not null ? Problem.Invalid(Path, "given twice.") : null;
            json.Read();
            if (!isItems || json.TokenType != JsonTokenType.StartArray)
            {
                problem ??= Problem.Invalid(Path, "must be an array.");
                json.Skip();
                continue;
            }

            found = ReadItems(body, ref json, most);
            problem ??= found.Count > most ? Problem.Invalid(Path, $"may have {most} items.") : null;
        }

        // Anything behind the object is not JSON.
        json.Read();
        items = found ?? [];
        return problem ?? (items.Count == 0 ? Problem.Invalid(Path, $"needed, with 1 to {most} items.") : null);
    }

    // One more than may be, to tell that there are too many.
    private static List<ReadOnlyMemory<byte>> ReadItems(ReadOnlyMemory<byte> body, ref Utf8JsonReader json, int most)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (items.Count <= most)
            {
                items.Add(body[start..(int)json.BytesConsumed]);
            }
        }

        return items;
    }

    // Half of a surrogate pair can be written as a name, and no text can hold it.
    private static string NameOf(in Utf8JsonReader json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "?";
        }
    }
}
