using System.Collections.Frozen;
using System.Text.Json;

namespace Sluice.Vertex.Dialects;

/// <summary>What an engine can be asked for: its <c>spec.classMethods</c>, or a guess while those are not known.</summary>
internal sealed class EngineMethods
{
    public const string AsyncStreamQuery = "async_stream_query";
    public const string StreamQuery = "stream_query";
    private const string AsyncCreateSession = "async_create_session";
    private const string CreateSession = "create_session";

    // What ADK's own template registers: other agents do not use these names for anything else.
    private static readonly FrozenDictionary<string, bool?> OfAdk = new Dictionary<string, bool?>(StringComparer.Ordinal)
    {
        ["get_session"] = false,
        ["list_sessions"] = false,
        [CreateSession] = false,
        ["delete_session"] = false,
        ["async_get_session"] = false,
        ["async_list_sessions"] = false,
        [AsyncCreateSession] = false,
        ["async_delete_session"] = false,
        ["async_add_session_to_memory"] = false,
        ["async_search_memory"] = false,
        [StreamQuery] = true,
        [AsyncStreamQuery] = true,
        ["streaming_agent_run_with_events"] = true,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Method to how it answers; null: a mode that neither :query nor :streamQuery serves, or a new one.
    private readonly FrozenDictionary<string, bool?> _streams;

    private EngineMethods(bool isAdk, FrozenDictionary<string, bool?> streams)
    {
        (IsAdk, _streams) = (isAdk, streams);
        IsKnown = streams.Count > 0;
        HasStream = streams.Values.Contains(true);
    }

    /// <summary>The methods of an ADK application: messages, and sessions in the engine.</summary>
    public bool IsAdk { get; }

    public bool IsKnown { get; }

    public bool HasStream { get; }

    /// <summary>The resource's <c>updateTime</c>: it changes with every deployment. Null: it does not say.</summary>
    public string? Revision { get; private init; }

    /// <summary>The method that takes a message.</summary>
    public string MessageMethod => !IsKnown || Has(AsyncStreamQuery) ? AsyncStreamQuery : StreamQuery;

    /// <summary>The method that makes a session; null when the engine has none.</summary>
    public string? SessionMethod => !IsKnown || Has(AsyncCreateSession) ? AsyncCreateSession : Has(CreateSession) ? CreateSession : null;

    public static EngineMethods Unknown(bool isAdk) => new(isAdk, FrozenDictionary<string, bool?>.Empty);

    /// <summary>Reads the engine resource. Null when it lists no methods.</summary>
    public static EngineMethods? Read(ReadOnlySpan<byte> resource)
    {
        try
        {
            var reader = new Utf8JsonReader(resource);
            using var document = JsonDocument.ParseValue(ref reader);
            var methods = new Dictionary<string, bool?>(StringComparer.Ordinal);
            if (Property(document.RootElement, "spec", "spec") is { } spec
                && Property(spec, "classMethods", "class_methods") is { ValueKind: JsonValueKind.Array } list)
            {
                foreach (var method in list.EnumerateArray())
                {
                    if (Property(method, "name", "name") is { ValueKind: JsonValueKind.String } name)
                    {
                        methods[name.GetString()!] = Streams(Property(method, "api_mode", "apiMode"));
                    }
                }
            }

            var isAdk = methods.ContainsKey(AsyncStreamQuery)
                || (methods.ContainsKey(StreamQuery) && (methods.ContainsKey(CreateSession) || methods.ContainsKey(AsyncCreateSession)));
            return methods.Count == 0 ? null : new EngineMethods(isAdk, methods.ToFrozenDictionary(StringComparer.Ordinal))
            {
                Revision = Property(document.RootElement, "updateTime", "update_time") is { ValueKind: JsonValueKind.String } time ? time.GetString() : null,
            };
        }
        catch (Exception defect) when (defect is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    public bool Has(string method) => _streams.ContainsKey(method);

    /// <summary>Whether the method answers with a stream; null when that is not known.</summary>
    public bool? Streams(string method) => (IsKnown ? _streams : OfAdk).GetValueOrDefault(method);

    private static bool? Streams(JsonElement? mode) => mode is null || mode.Value.ValueKind != JsonValueKind.String ? false
        : mode.Value.GetString() switch
        {
            "" or "async" => false,
            "stream" or "async_stream" => true,
            _ => null,
        };

    private static JsonElement? Property(JsonElement element, string name, string otherName) =>
        element.ValueKind != JsonValueKind.Object ? null
        : element.TryGetProperty(name, out var value) || element.TryGetProperty(otherName, out value) ? value : null;
}
