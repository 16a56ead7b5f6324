using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Reflection.V1Alpha;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Api.Endpoints;
using Sluice.Api.Rpc;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Identity;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Sluice.Api.Tests.Rpc;

public sealed class HealthTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Need _need = new();
    private Gateway _gateway = null!;
    private GrpcChannel _channel = null!;
    private Health.HealthClient _health = null!;

    public async Task InitializeAsync()
    {
        _gateway = await Gateway.StartAsync(grpc: Calling.Plain, configure: services => services.AddSingleton<IReadiness>(_need));
        _channel = _gateway.Channel();
        _health = new Health.HealthClient(_channel);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _gateway.DisposeAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("sluice.v1.AgentGateway")]
    public async Task Process_and_service_are_serving_while_nothing_they_need_is_missing(string service)
    {
        (await CheckAsync(service)).ShouldBe(ServingStatus.Serving);
        _need.WhyNot = "PostgreSQL cannot be reached.";
        (await CheckAsync(service)).ShouldBe(ServingStatus.NotServing);
        (await CheckAsync(HealthService.Liveness)).ShouldBe(ServingStatus.Serving, "to start it anew would not help");
        _need.WhyNot = null;
        (await CheckAsync(service)).ShouldBe(ServingStatus.Serving);
    }

    [Fact]
    public async Task Watcher_is_told_each_change_and_its_call_ends_with_the_process()
    {
        using var watching = _health.Watch(new HealthCheckRequest());
        (await NextAsync(watching)).ShouldBe(ServingStatus.Serving);
        _need.WhyNot = "away";
        (await _gateway.AdvanceUntilAsync(NextAsync(watching), TimeSpan.FromMilliseconds(100))).ShouldBe(ServingStatus.NotServing);
        _need.WhyNot = null;
        (await _gateway.AdvanceUntilAsync(NextAsync(watching), TimeSpan.FromMilliseconds(100))).ShouldBe(ServingStatus.Serving);

        _gateway.Services.GetRequiredService<NotStopping>().Tell();

        (await NextAsync(watching)).ShouldBe(ServingStatus.NotServing);
        (await watching.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeFalse();
    }

    [Fact]
    public async Task Service_that_is_not_there_is_not_found_and_watched_in_vain()
    {
        (await _health.CheckAsync(new HealthCheckRequest { Service = "sluice.v1.Approvals" }).FailureAsync()).ShouldBe(StatusCode.NotFound, "unknown_service");
        using var watching = _health.Watch(new HealthCheckRequest { Service = "sluice.v1.Approvals" });
        (await NextAsync(watching)).ShouldBe(ServingStatus.ServiceUnknown);
    }

    [Fact]
    public async Task Nobody_has_to_say_who_is_asking()
    {
        await using var guarded = await GuardedGateway.StartAsync(grpc: Calling.Plain);
        using var channel = guarded.Http.Channel();

        (await new Health.HealthClient(channel).CheckAsync(new HealthCheckRequest())).Status.ShouldBe(ServingStatus.Serving);
    }

    [Fact]
    public async Task Services_are_told_to_everyone_where_that_is_said_and_to_nobody_else()
    {
        (await ServicesAsync(_channel).FailureAsync()).StatusCode.ShouldBe(StatusCode.Unimplemented);

        await using var telling = await GuardedGateway.StartAsync(grpc: Calling.Plain with { Reflection = true });
        using var channel = telling.Http.Channel();
        (await ServicesAsync(channel)).ShouldBe(["grpc.health.v1.Health", "sluice.v1.AgentGateway"], ignoreOrder: true);
    }

    private async Task<ServingStatus> CheckAsync(string service) => (await _health.CheckAsync(new HealthCheckRequest { Service = service })).Status;

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watching)
    {
        (await watching.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeTrue();
        return watching.ResponseStream.Current.Status;
    }

    private static async Task<List<string>> ServicesAsync(GrpcChannel channel)
    {
        using var asking = new ServerReflection.ServerReflectionClient(channel).ServerReflectionInfo();
        try
        {
            await asking.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" });
            await asking.RequestStream.CompleteAsync();
        }
        catch (RpcException)
        {
            // A call that is answered while something is still written to it: reading says with what.
        }

        (await asking.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience)).ShouldBeTrue();
        return [.. asking.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).Where(name => !name.StartsWith("grpc.reflection.", StringComparison.Ordinal))];
    }

    private sealed class Need : IReadiness
    {
        public string? WhyNot { get; set; }
    }
}
