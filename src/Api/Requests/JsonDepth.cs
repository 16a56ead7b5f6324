using System.Text.Json;
using Sluice.Api.Problems;

namespace Sluice.Api.Requests;

/// <summary>How many objects and arrays may stand inside one another. Readers are made with one level more than allowed, so that the first too many is ours to refuse by its name.</summary>
internal static class JsonDepth
{
    public static JsonReaderOptions ReaderOptions(int levels) => new() { MaxDepth = levels + 1 };

    /// <summary>Moves from a value's first token to its last.</summary>
    /// <returns>False when it has more than <paramref name="levels"/>, with what is around it.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static bool TrySkip(ref Utf8JsonReader json, int levels)
    {
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return true;
        }

        var depth = json.CurrentDepth;
        do
        {
            if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && json.CurrentDepth >= levels)
            {
                return false;
            }

            json.Read();
        }
        while (json.CurrentDepth > depth || json.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray));
        return true;
    }

    public static Problem TooDeep(string path, int levels)
    {
        var message = $"nested too deeply: a body may have {levels} levels.";
        return new Problem(400, "nested_too_deeply", $"{path}: {message}") { Errors = [new FieldError(path, message)] };
    }
}
