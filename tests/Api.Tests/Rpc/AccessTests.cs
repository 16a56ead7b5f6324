using Grpc.Core;
using Grpc.Net.Client;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Identity;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

/// <summary>Who may call, and whose turns are whose. Every method of the service is walked: a new one has to say here how ids come in.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private static readonly string Acme = KeyText.New();
    private static readonly string Beta = KeyText.New();
    private static readonly string Reader = KeyText.New();
    private static readonly string Asker = KeyText.New();

    private GuardedGateway _gateway = null!;
    private GrpcChannel _channel = null!;
    private Wire.AgentGateway.AgentGatewayClient _client = null!;

    public static TheoryData<string> Methods => [.. Wire.AgentGateway.Descriptor.Methods.Select(method => method.Name)];

    public async Task InitializeAsync()
    {
        _gateway = await GuardedGateway.StartAsync(grpc: Calling.Plain, keys:
        [
            GuardedGateway.KeyOf(Acme, "acme"),
            GuardedGateway.KeyOf(Beta, "beta"),
            GuardedGateway.KeyOf(Reader, "acme", Scopes.Read),
            GuardedGateway.KeyOf(Asker, "acme", Scopes.Invoke),
        ]);
        _channel = _gateway.Http.Channel();
        _client = _channel.Client();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Without_a_credential_nobody_is_let_in(string method)
    {
        var failure = await CallAsync(method, [], new string('a', 32)).FailureAsync();

        failure.ShouldBe(StatusCode.Unauthenticated, "credentials_missing");
        failure.Status.Detail.ShouldBe(
            "Callers have to say who they are. Send an API key or an identity token as 'Authorization: Bearer ...', or an API key as 'x-api-key: ...'.");
        failure.Trailer("www-authenticate").ShouldBe("Bearer realm=\"sluice\"");
        _gateway.Http.Engine.Calls.ShouldBe(0);
        var record = await _gateway.RecordAsync();
        record.Text("reason").ShouldBe("no_credential");
        record.Text("route").ShouldBe($"/sluice.v1.AgentGateway/{method}");
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Without_the_scope_nobody_is_let_in(string method)
    {
        var reads = method is "FollowTurn" or "GetTurn";

        var failure = await CallAsync(method, Key(reads ? Asker : Reader), new string('a', 32)).FailureAsync();

        failure.ShouldBe(StatusCode.PermissionDenied, "scope_missing");
        failure.Status.Detail.ShouldBe($"The credential lacks the scope {(reads ? "read" : "invoke")}.");
        failure.Trailer("www-authenticate")!.ShouldContain("insufficient_scope");
        _gateway.Http.Engine.Calls.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Another_tenants_turn_is_not_there_and_ones_own_is(string method)
    {
        var detached = await _client.InvokeAsync(new Wire.InvokeRequest { Text = "secret of acme", Detached = true }, Key(Acme));
        var running = await _gateway.Http.Engine.NextCallAsync();
        running.Emit("secret");

        var failure = await CallAsync(method, Key(Beta), detached.TurnId).FailureAsync();

        failure.StatusCode.ShouldBe(StatusCode.NotFound);
        failure.ToString().ShouldNotContain("secret");
        failure.Trailer("x-turn-id").ShouldBeNull();
        running.Cancelled.ShouldBeFalse("nobody else can stop it");

        var own = CallAsync(method, Key(Acme), detached.TurnId);
        running.Complete();
        await own.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Neither_session_nor_key_of_another_tenant_is_joined()
    {
        var acmes = await _client.InvokeAsync(new Wire.InvokeRequest { Text = "t", SessionId = "s", IdempotencyKey = "k", Detached = true }, Key(Acme));
        var betas = await _client.InvokeAsync(new Wire.InvokeRequest { Text = "t", SessionId = "s", IdempotencyKey = "k", Detached = true }, Key(Beta));

        betas.TurnId.ShouldNotBe(acmes.TurnId);
        (await _gateway.Http.Engine.NextCallAsync()).Complete();
        (await _gateway.Http.Engine.NextCallAsync()).Complete();
        _gateway.Http.Engine.Calls.ShouldBe(2);
    }

    [Theory]
    [InlineData("authorization", "Bearer ")]
    [InlineData("x-api-key", "")]
    public async Task Key_is_taken_as_metadata_of_either_name(string name, string scheme) =>
        await _client.InvokeAsync(new Wire.InvokeRequest { Text = "t", Detached = true }, new Metadata { { name, scheme + Acme } });

    [Theory]
    [InlineData("authorization")]
    [InlineData("x-serverless-authorization")]
    public async Task Identity_token_is_taken_as_metadata_of_either_name(string name) =>
        await _client.InvokeAsync(new Wire.InvokeRequest { Text = "t", Detached = true }, new Metadata { { name, $"Bearer {_gateway.Signer.Token()}" } });

    [Fact]
    public async Task Identity_token_that_has_expired_is_told_as_that_and_one_of_a_stranger_is_forbidden()
    {
        var expired = _gateway.Signer.Token(claims => claims["exp"] = _gateway.Time.GetUtcNow().AddHours(-1).ToUnixTimeSeconds());
        (await _client.InvokeAsync(Calling.Ask("t"), new Metadata { { "authorization", $"Bearer {expired}" } }).FailureAsync())
            .ShouldBe(StatusCode.Unauthenticated, "credentials_invalid").ToString().ShouldNotContain(expired);

        var stranger = _gateway.Signer.Token(claims => claims["email"] = "stranger@p.iam.gserviceaccount.com");
        (await _client.InvokeAsync(Calling.Ask("t"), new Metadata { { "authorization", $"Bearer {stranger}" } }).FailureAsync())
            .ShouldBe(StatusCode.PermissionDenied, "caller_not_allowed");

        (await _client.InvokeAsync(Calling.Ask("t"), new Metadata { { "authorization", $"Bearer {Acme}" }, { "x-api-key", Acme } }).FailureAsync())
            .ShouldBe(StatusCode.InvalidArgument, "credentials_ambiguous");
    }

    [Theory]
    [InlineData("sluice.v1.AgentGateway", "ExecuteTool")]
    [InlineData("sluice.v1.Approvals", "ListApprovals")]
    public async Task What_is_not_there_is_unimplemented_for_everyone(string service, string method)
    {
        var marshaller = Marshallers.Create(Google.Protobuf.MessageExtensions.ToByteArray, Wire.GetTurnRequest.Parser.ParseFrom);
        var nowhere = new Method<Wire.GetTurnRequest, Wire.GetTurnRequest>(MethodType.Unary, service, method, marshaller, marshaller);

        var failure = await _channel.CreateCallInvoker().AsyncUnaryCall(nowhere, host: null, default, new Wire.GetTurnRequest()).FailureAsync();

        failure.StatusCode.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task One_who_does_not_speak_grpc_is_told_so_in_http()
    {
        using var http = new HttpClient { BaseAddress = _gateway.Http.Address, DefaultRequestVersion = new Version(2, 0), DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        using var nothing = await http.GetAsync("/invoke");
        await nothing.ProblemAsync(404, "not_found");
        using var refused = await http.PostAsync("/sluice.v1.AgentGateway/Invoke", new StringContent("{}"));
        await refused.ProblemAsync(401, "credentials_missing");
    }

    // With the turn's id, wherever the method takes one.
    private async Task CallAsync(string method, Metadata headers, string turn)
    {
        var resume = new Wire.InvokeRequest { Resume = Calling.At(turn, 1) };
        switch (method)
        {
            case "Invoke":
                await _client.InvokeAsync(resume, headers);
                break;
            case "InvokeStream":
                await _client.InvokeStream(resume, headers).RestAsync();
                break;
            case "FollowTurn":
                await _client.FollowTurn(new Wire.FollowTurnRequest { Cursor = Calling.At(turn, 1) }, headers).RestAsync();
                break;
            case "GetTurn":
                await _client.GetTurnAsync(new Wire.GetTurnRequest { TurnId = turn }, headers);
                break;
            case "CancelTurn":
                await _client.CancelTurnAsync(new Wire.CancelTurnRequest { TurnId = turn }, headers);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(method), method, "Say here how ids come in.");
        }
    }

    private static Metadata Key(string key) => new() { { "x-api-key", key } };
}
