using System.Net;
using Sluice.Vertex.Credentials;

namespace Sluice.Vertex.Transport;

/// <summary>The pooled connections to one engine's host, and the messages that go over them.</summary>
/// <remarks>
/// A request that meets a pooled connection the host has just closed is sent again by SocketsHttpHandler only while none of it was sent: it looks for a
/// closed connection before it uses one. Once a body is under way it does not repeat it, so a POST reaches the engine at most once. HTTP/2 streams the host
/// refused (REFUSED_STREAM, or above the last id of a GOAWAY) were not processed, and are sent again.
/// </remarks>
internal sealed class EngineConnection : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly Version _version;
    private readonly string? _quotaProject;

    /// <param name="options">Validated.</param>
    /// <param name="configure">For tests: trust, protocols.</param>
    public EngineConnection(VertexOptions options, Action<SocketsHttpHandler>? configure)
    {
        Routes = new EngineRoutes(options);
        _quotaProject = options.QuotaProject;

        // Without TLS there is nothing that agrees on HTTP/2.
        _version = Routes.Query.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            MaxConnectionsPerServer = options.MaxConnections,
            EnableMultipleHttp2Connections = true,

            // Google's front ends move; connections older than this are replaced, and names are asked for again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),

            // A stream may be silent for minutes while a tool runs: a ping tells a slow engine from a dead path.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),

            // A stream that is given up must end at the engine at once, not after its rest was read for two seconds.
            MaxResponseDrainSize = 0,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,

            // The environment's proxy stands between the gateway and Google, not between it and its own machine.
            UseProxy = !Routes.Query.IsLoopback,

            // TraceHeaders writes them, also the one of Google's that this would not.
            ActivityHeadersPropagator = null,
        };
        configure?.Invoke(handler);
        _invoker = new HttpMessageInvoker(handler);
    }

    public EngineRoutes Routes { get; }

    public HttpRequestMessage Message(EngineRequest request, CallAuthorization authorization)
    {
        var message = new HttpRequestMessage(request.Body is null ? HttpMethod.Get : HttpMethod.Post, request.Uri)
        {
            Version = _version,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Content = request.Body,
        };
        var headers = message.Headers;
        headers.TryAddWithoutValidation("Accept", request.IsStream ? "text/event-stream" : "application/json");
        if (authorization.Header is not null)
        {
            headers.TryAddWithoutValidation("Authorization", authorization.Header);
        }

        if ((_quotaProject ?? authorization.QuotaProject) is { } quotaProject)
        {
            headers.TryAddWithoutValidation("x-goog-user-project", quotaProject);
        }

        TraceHeaders.Write(headers);
        return message;
    }

    /// <summary>Sends, and returns when the head of the answer is here.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, CancellationToken cancellationToken) =>
        _invoker.SendAsync(message, cancellationToken);

    public void Dispose() => _invoker.Dispose();
}
