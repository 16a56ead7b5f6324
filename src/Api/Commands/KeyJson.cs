using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sluice.Api.Answers;
using Sluice.Core.Callers;
using Sluice.Core.Keys;

namespace Sluice.Api.Commands;

/// <summary>A key as JSON, for programs.</summary>
internal static class KeyJson
{
    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <param name="key">What is kept of it.</param>
    /// <param name="text">The key itself, the once that it is shown.</param>
    /// <param name="now">The time.</param>
    public static string Write(ApiKey key, string text, DateTimeOffset now) => Written(json => Write(json, key, text, now));

    public static string Write(IEnumerable<ApiKey> keys, DateTimeOffset now) => Written(json =>
    {
        json.WriteStartArray();
        foreach (var key in keys)
        {
            Write(json, key, text: null, now);
        }

        json.WriteEndArray();
    });

    public static string NameOf(KeyState state) => JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString());

    public static string Write(DateTimeOffset time) => time.UtcDateTime.ToString(Instant, CultureInfo.InvariantCulture);

    private static string Written(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, JsonAnswer.WriterOptions))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, ApiKey key, string? text, DateTimeOffset now)
    {
        json.WriteStartObject();
        if (text is not null)
        {
            json.WriteString("key"u8, text);
        }

        json.WriteString("id"u8, key.Id);
        json.WriteString("tenant"u8, key.Tenant.Value);
        json.WriteString("subject"u8, key.Subject);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in ScopeNames.Write(key.Scopes).Split(' '))
        {
            json.WriteStringValue(scope);
        }

        json.WriteEndArray();
        json.WriteString("state"u8, NameOf(key.StateAt(now)));
        json.WriteString("created_at"u8, Write(key.CreatedAt));
        WriteTime(json, "expires_at"u8, key.ExpiresAt);
        WriteTime(json, "revoked_at"u8, key.RevokedAt);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, Write(at));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
