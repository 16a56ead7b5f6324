namespace Sluice.Vertex.Credentials;

/// <summary>Access tokens of the application default credentials, scope cloud-platform. One for all engines. Starts nothing until the first call.</summary>
public sealed class GoogleAccessTokens(TimeProvider time) : IAccessTokens, IAsyncDisposable
{
    private readonly CachedTokens _tokens = new(new GoogleTokenSource(), time);

    public ValueTask<CallAuthorization> GetAsync(CancellationToken cancellationToken) => _tokens.GetAsync(cancellationToken);

    public bool Refused(CallAuthorization authorization) => _tokens.Refused(authorization);

    public ValueTask DisposeAsync() => _tokens.DisposeAsync();
}
