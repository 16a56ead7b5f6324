using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Resilience;

namespace Sluice.Vertex.Tests.Stub;

/// <summary>An engine client set up against a stub.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly Pulse _pulse;

    public Bench(
        StubEngine stub,
        Func<VertexOptions, VertexOptions>? with = null,
        TimeProvider? time = null,
        IAccessTokens? tokens = null,
        Action<SocketsHttpHandler>? configure = null,
        ResilienceOptions? resilience = null)
        : this(stub.Url, with, time, tokens, configure, resilience)
    {
    }

    public Bench(
        Uri url,
        Func<VertexOptions, VertexOptions>? with = null,
        TimeProvider? time = null,
        IAccessTokens? tokens = null,
        Action<SocketsHttpHandler>? configure = null,
        ResilienceOptions? resilience = null)
    {
        // One attempt is what most tests look at.
        resilience ??= new ResilienceOptions { MaxAttempts = 1 };
        _pulse = new Pulse(time ?? TimeProvider.System);
        var options = new VertexOptions
        {
            Engine = new EngineName("p1", "us-central1", "42"),
            Endpoint = url,
            Dialect = DialectChoice.Query,
        };
        Engine = new VertexEngine([with?.Invoke(options) ?? options], resilience, _pulse, tokens ?? NoAccessTokens.Instance, observer: null, reports: null, configure);
    }

    public VertexEngine Engine { get; }

    /// <summary>Runs a turn; fails after 30 seconds.</summary>
    public async Task<EngineOutcome> RunAsync(FakeTurn turn, CancellationToken cancellationToken = default) =>
        await Engine.RunAsync(turn, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Finishes a turn of another process; fails after 30 seconds.</summary>
    public async Task<EngineOutcome> ResumeAsync(FakeInterruptedTurn turn, CancellationToken cancellationToken = default) =>
        await Engine.ResumeAsync(turn, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _pulse.Dispose();
    }
}
