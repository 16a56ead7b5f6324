using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Core.Callers;

namespace Sluice.Core.Audit;

/// <summary>
/// A record as its bytes: one line of JSON. Its hash, SHA-256, is of all that stands before <c>,"hash"</c>, which has the hash of the record before it; so nothing has to be
/// written again in the same way to find out whether it is still what it was.
/// </summary>
public static class AuditRecord
{
    /// <summary>More than the longest that is written; what is longer was not written here.</summary>
    public const int LongestLine = 16 * 1024;

    private const int HexLength = 64;
    private static readonly byte[] BeforeHash = ",\"hash\":\""u8.ToArray();
    private static readonly byte[] End = "\"}"u8.ToArray();
    internal static readonly JsonWriterOptions WriterOptions = new() { SkipValidation = true };

    private static readonly string[] Actions = [.. Enum.GetNames<AuditAction>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>Writes the next record of a chain, without a line's end, behind what is there.</summary>
    /// <param name="entry">What was decided.</param>
    /// <param name="before">The chain's head.</param>
    /// <param name="to">Where to.</param>
    /// <returns>The chain's head, which is this record.</returns>
    public static AuditHead Write(AuditEntry entry, AuditHead before, ArrayBufferWriter<byte> to)
    {
        using var json = new Utf8JsonWriter(to, WriterOptions);
        Span<byte> hash = stackalloc byte[HexLength];
        Encoding.ASCII.GetBytes(before.Hash, hash);
        Write(entry, before.Chain, before.Sequence + 1, hash, to, json);
        return new AuditHead(before.Chain, before.Sequence + 1, Encoding.ASCII.GetString(hash));
    }

    /// <summary>The same for many, of which nothing is left but their bytes.</summary>
    /// <param name="entry">What was decided.</param>
    /// <param name="chain">Name of the chain.</param>
    /// <param name="sequence">Number of the record.</param>
    /// <param name="hash">Of the record before it, as its 64 digits; then of this one.</param>
    /// <param name="to">Where to.</param>
    /// <param name="json">Of <see cref="WriterOptions"/>, to be used again.</param>
    internal static void Write(AuditEntry entry, string chain, long sequence, Span<byte> hash, ArrayBufferWriter<byte> to, Utf8JsonWriter json)
    {
        var start = to.WrittenCount;

        // The writer's own escaping leaves nothing but printable ASCII: a line is a line, whatever a caller has put into it.
        json.Reset(to);
        json.WriteStartObject();
        json.WriteString("chain"u8, chain);
        json.WriteNumber("seq"u8, sequence);
        json.WriteString("at"u8, entry.At.UtcDateTime);
        json.WriteString("action"u8, Actions[(int)entry.Action]);
        WriteText(json, "reason"u8, entry.Reason);
        WriteText(json, "tenant"u8, entry.Tenant);
        WriteText(json, "subject"u8, entry.Subject);
        WriteText(json, "credential"u8, entry.CredentialId);
        WriteText(json, "scope"u8, entry.Scopes == Scopes.None ? null : ScopeNames.Write(entry.Scopes));
        WriteText(json, "method"u8, entry.Method);
        WriteText(json, "route"u8, entry.Route);
        WriteText(json, "remote"u8, entry.Remote?.ToString());
        WriteText(json, "trace_id"u8, entry.TraceId);
        if (entry.Count is { } count)
        {
            json.WriteNumber("count"u8, count);
        }

        if (entry.UpTo is { } upTo)
        {
            json.WriteStartObject("up_to"u8);
            json.WriteString("chain"u8, upTo.Chain);
            json.WriteNumber("seq"u8, upTo.Sequence);
            json.WriteString("hash"u8, upTo.Hash);
            json.WriteEndObject();
        }

        json.WriteString("prev"u8, hash);

        // Not closed: its end comes behind the hash.
        json.Flush();
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(to.WrittenSpan[start..], digest);
        Convert.TryToHexStringLower(digest, hash, out _);
        to.Write(BeforeHash);
        to.Write(hash);
        to.Write(End);
    }

    /// <summary>Reads where a record stands in its chain, and whether it is what was hashed.</summary>
    /// <returns>Null: it is not, or it is no record.</returns>
    public static ReadRecord? Read(ReadOnlySpan<byte> line)
    {
        var tail = BeforeHash.Length + HexLength + End.Length;
        if (line.Length <= tail || line.Length > LongestLine || !line.EndsWith(End) || !line[^tail..].StartsWith(BeforeHash))
        {
            return null;
        }

        var hash = Encoding.ASCII.GetString(line.Slice(line.Length - End.Length - HexLength, HexLength));
        if (Convert.ToHexStringLower(SHA256.HashData(line[..^tail])) != hash)
        {
            return null;
        }

        try
        {
            var reader = new Utf8JsonReader(line);
            using var json = JsonDocument.ParseValue(ref reader);
            var record = json.RootElement;
            return new ReadRecord(
                new AuditHead(record.GetProperty("chain").GetString()!, record.GetProperty("seq").GetInt64(), hash),
                record.GetProperty("prev").GetString()!,
                record.TryGetProperty("up_to", out var upTo)
                    ? new AuditHead(upTo.GetProperty("chain").GetString()!, upTo.GetProperty("seq").GetInt64(), upTo.GetProperty("hash").GetString()!)
                    : null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static void WriteText(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        // What is longer was chosen by a caller to be so.
        const int Longest = 256;
        if (value is not null)
        {
            json.WriteString(name, value.Length > Longest ? value.AsSpan(0, Longest) : value);
        }
    }
}

/// <summary>A record that is what was hashed.</summary>
/// <param name="Head">Where it stands.</param>
/// <param name="Previous">The hash of the one before it.</param>
/// <param name="UpTo">Up to where records were removed, if it says so.</param>
public sealed record ReadRecord(AuditHead Head, string Previous, AuditHead? UpTo);
