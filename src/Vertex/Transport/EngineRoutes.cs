namespace Sluice.Vertex.Transport;

/// <summary>The URLs of one engine, made once.</summary>
internal sealed class EngineRoutes
{
    private readonly string _sessions;

    public EngineRoutes(VertexOptions options)
    {
        var resource = $"{options.BaseUri.AbsoluteUri.TrimEnd('/')}/{options.ApiVersion}/{options.Engine}";
        Resource = new Uri(resource);
        Query = new Uri(resource + ":query");

        // Without alt=sse: the answer is the same lines of JSON either way.
        StreamQuery = new Uri(resource + ":streamQuery");

        // Sessions are of v1beta1 wherever the queries go.
        _sessions = $"{options.BaseUri.AbsoluteUri.TrimEnd('/')}/v1beta1/{options.Engine}/sessions/";
    }

    public Uri Resource { get; }

    public Uri Query { get; }

    public Uri StreamQuery { get; }

    /// <param name="session">The engine's id of it, of letters that mean nothing in a path.</param>
    /// <param name="more">Further parameters, escaped, each with its <c>&amp;</c>.</param>
    public Uri SessionEvents(string session, string more) => new($"{_sessions}{session}/events?pageSize=100{more}");
}
