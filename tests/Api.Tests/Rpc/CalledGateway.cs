using Grpc.Net.Client;
using Sluice.Api.Endpoints;
using Sluice.Api.Tests.Http;
using Wire = Sluice.V1;

namespace Sluice.Api.Tests.Rpc;

/// <summary>One gateway for each test of a class, and a client of it.</summary>
public abstract class CalledGateway : IAsyncLifetime
{
    private readonly HttpSurfaceOptions? _options;
    private GrpcChannel _channel = null!;

    private protected CalledGateway(HttpSurfaceOptions? options = null) => _options = options;

    internal Gateway Gateway { get; private set; } = null!;

    internal Wire.AgentGateway.AgentGatewayClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Gateway = await Gateway.StartAsync(_options, grpc: Calling.Plain);
        _channel = Gateway.Channel();
        Client = _channel.Client();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await Gateway.DisposeAsync();
    }
}
