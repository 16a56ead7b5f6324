using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Identity;
using Sluice.Api.Tests.Http;
using Sluice.Core.Audit;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Identity;

/// <summary>A gateway whose callers have to say who they are, with a record that a test reads and a signer of identity tokens that it owns.</summary>
internal sealed class GuardedGateway : IAsyncDisposable
{
    private readonly AuditTrail _trail;
    private readonly HttpMessageInvoker _http;

    private GuardedGateway(Gateway http, AuditTrail trail, RecordedTrail records, TokenSigner signer, HttpMessageInvoker invoker, ManualTime time) =>
        (Http, _trail, Records, Signer, _http, Time) = (http, trail, records, signer, invoker, time);

    public Gateway Http { get; }

    public RecordedTrail Records { get; }

    public TokenSigner Signer { get; }

    /// <summary>The clock that keys and tokens are judged by.</summary>
    public ManualTime Time { get; }

    public static async Task<GuardedGateway> StartAsync(
        ScriptedEngine? engine = null,
        AuditBound whenFull = AuditBound.Refuse,
        int waiting = 8192,
        RecordedTrail? records = null,
        HttpSurfaceOptions? surface = null,
        GrpcOptions? grpc = null,
        params ApiKey[] keys)
    {
        var time = new ManualTime();
        records ??= new RecordedTrail();
        var signer = new TokenSigner(time);
        var invoker = new HttpMessageInvoker(signer);
        var trail = new AuditTrail(records, waiting, time, records);
        await trail.StartAsync(CancellationToken.None);
        var tokens = new TokenOptions
        {
            Audiences = ["https://gateway.example"],
            Callers =
            [
                new AllowedCaller("agent@p.iam.gserviceaccount.com", null, new TenantId("acme"), Scopes.Invoke | Scopes.Read),
                new AllowedCaller(null, "108", new TenantId("beta"), Scopes.Read),
            ],
        };
        var gateway = await Gateway.StartAsync(surface, engine, grpc: grpc, configure: services => services
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(new AuditOptions { Extent = AuditExtent.All, WhenFull = whenFull, Waiting = waiting, Bytes = 1 << 30 })
            .AddSingleton(trail)
            .AddSingleton(new KnownKeys(keys, store: null, time))
            .AddSingleton(provider => new IdentityTokens(
                tokens,
                new SigningKeys(invoker, new Uri("https://keys.example/certs"), time, Microsoft.Extensions.Logging.Abstractions.NullLogger<SigningKeys>.Instance),
                time))
            .AddSingleton<Identifier>()
            .AddSingleton<ICallers, IdentifiedCallers>());
        return new GuardedGateway(gateway, trail, records, signer, invoker, time);
    }

    /// <summary>A key as it is kept, for a text that only the test has.</summary>
    public static ApiKey KeyOf(string text, string tenant, Scopes scopes = Scopes.Invoke | Scopes.Read)
    {
        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        return new ApiKey
        {
            Id = KeyText.IdOf(text).ToString(),
            Tenant = new TenantId(tenant),
            Subject = $"app-of-{tenant}",
            Scopes = scopes,
            Hash = hash,
            CreatedAt = default,
        };
    }

    /// <summary>The last record, when there are so many refusals and admissions; fails after ten seconds.</summary>
    public async Task<System.Text.Json.JsonElement> RecordAsync(int number = 1) =>
        (await Records.RecordsAsync(records => records.Count > number))[number];

    public async ValueTask DisposeAsync()
    {
        await Http.DisposeAsync();
        await _trail.DisposeAsync();
        _http.Dispose();
        Signer.Dispose();
    }
}
