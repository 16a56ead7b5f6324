using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core.Callers;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Storage;

/// <summary>
/// What was said in a turn as JSON, for one that runs it again. What stands there is read again by later versions, as <see cref="EndJson"/> is. The input is carried as
/// its bytes, base64: what the engine is sent is to be what the caller said, down to the last blank.
/// </summary>
internal static class RequestJson
{
    private static readonly (BusyPolicy Value, string Word)[] Policies =
        [(BusyPolicy.Queue, "queue"), (BusyPolicy.Reject, "reject"), (BusyPolicy.Interrupt, "interrupt")];

    private static readonly (Delivery Value, string Word)[] Deliveries = [(Delivery.Streamed, "streamed"), (Delivery.Whole, "whole")];

    public static byte[] Write(TurnRequest request) => JsonSerializer.SerializeToUtf8Bytes(
        new Form
        {
            Tenant = request.Caller.Tenant.Value,
            Subject = request.Caller.Subject,
            Credential = request.Caller.CredentialId is { Length: > 0 } credential ? credential : null,
            Session = request.Session.Value,
            Input = request.Input.Json,
            IsText = request.Input.IsText,
            Delivery = WordOf(Deliveries, request.Delivery),
            UserId = request.UserId,
            ClassMethod = request.ClassMethod,
            Engine = request.Engine,
            OnBusy = WordOf(Policies, request.OnBusy),
            IdempotencyKey = request.IdempotencyKey,
            Fingerprint = request.Fingerprint,
            Grace = request.Grace,
            IsStateless = request.IsStateless ? true : null,
            CacheControl = request.CacheControl == default ? null : request.CacheControl,
        },
        RequestJsonContext.Default.Form);

    /// <summary>Null: it is not what <see cref="Write"/> writes.</summary>
    public static TurnRequest? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, RequestJsonContext.Default.Form) is { } form && SessionId.TryParse(form.Session, out var session)
                ? RequestOf(form, session)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TurnRequest RequestOf(Form form, SessionId session) => new()
    {
        Caller = new Caller(new TenantId(form.Tenant), form.Subject) { CredentialId = form.Credential ?? "" },
        Session = session,
        Input = form.IsText ? TurnInput.OfText(form.Input) : TurnInput.OfObject(form.Input),
        Delivery = ValueOf(Deliveries, form.Delivery),
        UserId = form.UserId,
        ClassMethod = form.ClassMethod,
        Engine = form.Engine,
        OnBusy = ValueOf(Policies, form.OnBusy),
        IdempotencyKey = form.IdempotencyKey,
        Fingerprint = form.Fingerprint,
        Grace = form.Grace,
        IsStateless = form.IsStateless ?? false,
        CacheControl = form.CacheControl ?? default,
    };

    private static string WordOf<T>((T Value, string Word)[] words, T value) =>
        Array.Find(words, word => EqualityComparer<T>.Default.Equals(word.Value, value)).Word ?? throw new ArgumentOutOfRangeException(nameof(value));

    // A word of a later version is read as the first: to wait, and to take events as they come, lose nothing.
    private static T ValueOf<T>((T Value, string Word)[] words, string word)
    {
        var at = Array.FindIndex(words, known => string.Equals(known.Word, word, StringComparison.Ordinal));
        return words[Math.Max(at, 0)].Value;
    }

    internal sealed record Form
    {
        public required string Tenant { get; init; }

        public required string Subject { get; init; }

        public string? Credential { get; init; }

        public required string Session { get; init; }

        public required ReadOnlyMemory<byte> Input { get; init; }

        public required bool IsText { get; init; }

        public required string Delivery { get; init; }

        public string? UserId { get; init; }

        public string? ClassMethod { get; init; }

        public string? Engine { get; init; }

        public required string OnBusy { get; init; }

        public string? IdempotencyKey { get; init; }

        public string? Fingerprint { get; init; }

        public TimeSpan? Grace { get; init; }

        public bool? IsStateless { get; init; }

        public CacheControl? CacheControl { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RequestJson.Form))]
internal sealed partial class RequestJsonContext : JsonSerializerContext;
