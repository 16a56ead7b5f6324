using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sluice.Vertex.Faults;

/// <summary>An error in Google's JSON form, or in one of those that containers use in its place.</summary>
/// <param name="Code">HTTP status, or what stands for it in an error line.</param>
/// <param name="Status">Canonical name, such as <c>FAILED_PRECONDITION</c>.</param>
/// <param name="Message">As it came: may echo the request.</param>
/// <param name="RetryDelay">Of <c>google.rpc.RetryInfo</c>.</param>
internal sealed record ErrorEnvelope(int? Code, string Status, string Message, TimeSpan? RetryDelay)
{
    public static ErrorEnvelope None { get; } = new(null, "", "", null);

    /// <summary>What a used up quota is counted in, such as <c>1/min/{project}/{region}</c>: of <c>google.rpc.ErrorInfo</c>; empty when it is not told.</summary>
    public string QuotaUnit { get; init; } = "";

    /// <summary>How much of it there is, as a decimal number.</summary>
    public string QuotaLimit { get; init; } = "";

    /// <summary>Reads <c>{"error":{…}}</c>, the same in an array of one, <c>{"error":"…"}</c> and <c>{"code":…,"message":…}</c>; anything else is kept as text.</summary>
    public static ErrorEnvelope Read(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Framing.EventParser.MaxDepth });
            using var document = JsonDocument.ParseValue(ref reader);
            return Read(document.RootElement);
        }
        catch (JsonException)
        {
            return None with { Message = PlainText(body) };
        }
        catch (InvalidOperationException)
        {
            // A string in it is not Unicode.
            return None;
        }
    }

    private static ErrorEnvelope Read(JsonElement error)
    {
        if (error.ValueKind == JsonValueKind.Array && error.GetArrayLength() > 0)
        {
            error = error[0];
        }

        if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty("error", out var inner))
        {
            error = inner;
        }

        return error.ValueKind switch
        {
            JsonValueKind.String => None with { Message = error.GetString() ?? "" },
            JsonValueKind.Object => OfObject(error),
            _ => None,
        };
    }

    private static string MessageOf(JsonElement error) => Text(error, "message") is { Length: > 0 } message ? message : Text(error, "detail");

    private static ErrorEnvelope OfObject(JsonElement error)
    {
        var envelope = new ErrorEnvelope(Number(error, "code"), Text(error, "status"), MessageOf(error), null);
        if (!error.TryGetProperty("details", out var details) || details.ValueKind != JsonValueKind.Array)
        {
            return envelope;
        }

        foreach (var detail in details.EnumerateArray().Where(detail => detail.ValueKind == JsonValueKind.Object))
        {
            var type = Text(detail, "@type");
            if (type.EndsWith("google.rpc.RetryInfo", StringComparison.Ordinal))
            {
                envelope = envelope with { RetryDelay = envelope.RetryDelay ?? DelayOf(Text(detail, "retryDelay")) };
            }
            else if (type.EndsWith("google.rpc.ErrorInfo", StringComparison.Ordinal)
                && detail.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object)
            {
                envelope = envelope with { QuotaUnit = Text(metadata, "quota_unit"), QuotaLimit = Text(metadata, "quota_limit_value") };
            }
        }

        return envelope;
    }

    // protobuf's Duration: seconds, with a fraction if need be, and an "s".
    private static TimeSpan? DelayOf(string text) =>
        text is [.. var seconds, 's'] && double.TryParse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var delay) && delay <= 86_400
            ? TimeSpan.FromSeconds(delay)
            : null;

    private static int? Number(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            && number is >= 0 and < 100_000 ? (int)number : null;

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    // A page of a proxy, or half an envelope, says nothing to a caller.
    private static string PlainText(ReadOnlySpan<byte> body) =>
        body.TrimStart(" \t\r\n"u8) is [(byte)'<' or (byte)'{' or (byte)'[', ..] ? "" : Encoding.UTF8.GetString(body[..Math.Min(body.Length, 4096)]);
}
