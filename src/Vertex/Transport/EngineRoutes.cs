namespace Sluice.Vertex.Transport;

/// <summary>The URLs of one engine, made once.</summary>
internal sealed class EngineRoutes
{
    public EngineRoutes(VertexOptions options)
    {
        var resource = $"{options.BaseUri.AbsoluteUri.TrimEnd('/')}/{options.ApiVersion}/{options.Engine}";
        Resource = new Uri(resource);
        Query = new Uri(resource + ":query");

        // Without alt=sse: the answer is the same lines of JSON either way.
        StreamQuery = new Uri(resource + ":streamQuery");
    }

    public Uri Resource { get; }

    public Uri Query { get; }

    public Uri StreamQuery { get; }
}
