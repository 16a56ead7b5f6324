using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Regions;

namespace Sluice.Vertex;

/// <summary>One engine of Vertex AI Agent Engine. Thread-safe; opens no connection and reads no credentials before the first turn.</summary>
public sealed class VertexEngine : IEngine, IAsyncDisposable
{
    private readonly EngineRegion _region;

    /// <param name="options">Which engine, and how to call it.</param>
    /// <param name="pulse">Looks after every call's deadlines. Not owned.</param>
    /// <param name="tokens">What calls carry; <see cref="NoAccessTokens"/> where <see cref="VertexOptions.NeedsCredentials"/> is false. Not owned.</param>
    /// <exception cref="System.ComponentModel.DataAnnotations.ValidationException">An option is out of its bounds.</exception>
    public VertexEngine(VertexOptions options, Pulse pulse, IAccessTokens tokens)
        : this(options, pulse, tokens, configure: null)
    {
    }

    internal VertexEngine(VertexOptions options, Pulse pulse, IAccessTokens tokens, Action<SocketsHttpHandler>? configure)
    {
        options.Validate();
        _region = new EngineRegion(options, pulse, tokens, configure);
    }

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => _region.AttemptAsync(turn, cancellationToken);

    public ValueTask DisposeAsync() => _region.DisposeAsync();
}
