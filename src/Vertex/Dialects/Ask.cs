using Sluice.Core.Turns;

namespace Sluice.Vertex.Dialects;

/// <summary>How a turn is put to an engine.</summary>
/// <param name="Method">The engine's method; null: the default of the endpoint.</param>
/// <param name="IsMessage">A message to an ADK application, which has a user and a session; otherwise the input is the engine's own business.</param>
/// <param name="IsStream"><c>:streamQuery</c>, not <c>:query</c>.</param>
internal readonly record struct Ask(string? Method, bool IsMessage, bool IsStream)
{
    public static Ask Of(TurnRequest request, EngineMethods methods)
    {
        var isStreamed = request.Delivery == Delivery.Streamed;
        switch (request.ClassMethod)
        {
            case null when methods.IsAdk:
                return new Ask(methods.MessageMethod, IsMessage: true, IsStream: true);
            case null when !methods.IsKnown:
                return new Ask(null, IsMessage: false, isStreamed);
            case null:
                // The endpoints' defaults are query and stream_query: what an engine does not have is not asked for.
                var streams = isStreamed ? methods.HasStream : !methods.Has("query") && methods.Has(EngineMethods.StreamQuery);
                return new Ask(null, IsMessage: false, streams);
            case EngineMethods.AsyncStreamQuery:
            case EngineMethods.StreamQuery when methods.IsAdk:
                return new Ask(request.ClassMethod, IsMessage: true, IsStream: true);
            default:
                return new Ask(request.ClassMethod, IsMessage: false, methods.Streams(request.ClassMethod) ?? isStreamed);
        }
    }
}
