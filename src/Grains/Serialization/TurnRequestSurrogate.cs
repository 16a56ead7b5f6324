using Sluice.Core.Callers;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.turn-request")]
internal struct TurnRequestSurrogate
{
    [Id(0)]
    public string Tenant;

    [Id(1)]
    public string Subject;

    [Id(2)]
    public string Session;

    [Id(3)]
    public byte[] Input;

    [Id(4)]
    public bool IsText;

    [Id(5)]
    public int Delivery;

    [Id(6)]
    public string? UserId;

    [Id(7)]
    public string? ClassMethod;

    [Id(8)]
    public string? Engine;

    [Id(9)]
    public int OnBusy;

    [Id(10)]
    public string? IdempotencyKey;

    [Id(11)]
    public string? Fingerprint;

    [Id(12)]
    public TimeSpan? Grace;

    [Id(13)]
    public int Scopes;

    [Id(14)]
    public string? CredentialId;

    [Id(15)]
    public bool BeginsSession;

    [Id(16)]
    public bool IsStateless;

    [Id(17)]
    public CacheControl CacheControl;
}

[RegisterConverter]
internal sealed class TurnRequestConverter : IConverter<TurnRequest, TurnRequestSurrogate>
{
    public TurnRequest ConvertFromSurrogate(in TurnRequestSurrogate surrogate) => new()
    {
        Caller = new Caller(new TenantId(surrogate.Tenant), surrogate.Subject) { Scopes = (Scopes)surrogate.Scopes, CredentialId = surrogate.CredentialId ?? "" },
        Session = SessionId.Parse(surrogate.Session),
        Input = surrogate.IsText ? TurnInput.OfText(surrogate.Input) : TurnInput.OfObject(surrogate.Input),
        Delivery = (Delivery)surrogate.Delivery,
        UserId = surrogate.UserId,
        ClassMethod = surrogate.ClassMethod,
        Engine = surrogate.Engine,
        OnBusy = (BusyPolicy)surrogate.OnBusy,
        IdempotencyKey = surrogate.IdempotencyKey,
        Fingerprint = surrogate.Fingerprint,
        Grace = surrogate.Grace,
        BeginsSession = surrogate.BeginsSession,
        IsStateless = surrogate.IsStateless,
        CacheControl = surrogate.CacheControl,
    };

    public TurnRequestSurrogate ConvertToSurrogate(in TurnRequest value) => new()
    {
        Tenant = value.Caller.Tenant.Value,
        Subject = value.Caller.Subject,
        Session = value.Session.Value,
        Input = value.Input.Json.ToArray(),
        IsText = value.Input.IsText,
        Delivery = (int)value.Delivery,
        UserId = value.UserId,
        ClassMethod = value.ClassMethod,
        Engine = value.Engine,
        OnBusy = (int)value.OnBusy,
        IdempotencyKey = value.IdempotencyKey,
        Fingerprint = value.Fingerprint,
        Grace = value.Grace,
        Scopes = (int)value.Caller.Scopes,
        CredentialId = value.Caller.CredentialId,
        BeginsSession = value.BeginsSession,
        IsStateless = value.IsStateless,
        CacheControl = value.CacheControl,
    };
}
