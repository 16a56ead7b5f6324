using Sluice.Api.Problems;
using Sluice.Core.Callers;

namespace Sluice.Api.Endpoints;

/// <summary>
/// One path and what it answers to. Methods are told apart here and not by the router, so that a wrong one is answered by us: 405, Allow and a problem.
/// A path with GET answers HEAD as well. Where callers are told apart, a path is closed to those without the scope it needs, unless it says that it is open.
/// </summary>
internal sealed class Route : IAccess
{
    private readonly string _allow;

    public Route(string pattern, RequestDelegate? get = null, RequestDelegate? post = null, RequestDelegate? delete = null)
    {
        Pattern = pattern;
        (Get, Post, Delete) = (get, post, delete);
        Methods = [.. Named()];
        _allow = string.Join(", ", Methods);
    }

    public string Pattern { get; }

    public IReadOnlyList<string> Methods { get; }

    /// <summary>Needed for every method; null: <see cref="Scopes.Read"/> for GET, <see cref="Scopes.Invoke"/> for all others.</summary>
    public Scopes? Scope { get; init; }

    /// <inheritdoc/>
    public bool IsOpen { get; init; }

    private RequestDelegate? Get { get; }

    private RequestDelegate? Post { get; }

    private RequestDelegate? Delete { get; }

    /// <inheritdoc/>
    public Scopes NeededFor(string method) => Scope ?? (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? Scopes.Read : Scopes.Invoke);

    public Task HandleAsync(HttpContext context)
    {
        var method = context.Request.Method;
        var handler = HttpMethods.IsPost(method) ? Post
            : HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? Get
            : HttpMethods.IsDelete(method) ? Delete
            : null;
        return handler is null ? RefuseAsync(context) : handler(context);
    }

    private Task RefuseAsync(HttpContext context)
    {
        context.Response.Headers.Allow = _allow;
        return ProblemWriter.WriteAsync(context, new Problem(405, "method_not_allowed", $"This path answers to {_allow}."));
    }

    private IEnumerable<string> Named()
    {
        if (Get is not null)
        {
            yield return HttpMethods.Get;
            yield return HttpMethods.Head;
        }

        if (Post is not null)
        {
            yield return HttpMethods.Post;
        }

        if (Delete is not null)
        {
            yield return HttpMethods.Delete;
        }
    }
}
