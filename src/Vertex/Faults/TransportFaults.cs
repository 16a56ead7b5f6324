using System.Net.Sockets;
using System.Security.Authentication;
using Sluice.Core.Engines;

namespace Sluice.Vertex.Faults;

/// <summary>What an exception of the HTTP stack means: did the request leave, or did it not?</summary>
internal static class TransportFaults
{
    /// <summary>Null for an exception that is no failure of the transport.</summary>
    public static EngineFault? Of(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            new(FaultKind.Unreachable, "The engine's host name could not be resolved."),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new(FaultKind.Unreachable, "No secure connection to the engine could be made."),
        HttpRequestException { InnerException: AuthenticationException } =>
            new(FaultKind.Unreachable, "No secure connection to the engine could be made."),
        HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.ProxyTunnelError or HttpRequestError.VersionNegotiationError,
        } refused => new(FaultKind.Unreachable, "No connection to the engine could be made" + Reason(refused)),

        // SocketsHttpHandler reports its connect timeout as a cancellation nobody asked for.
        OperationCanceledException => new(FaultKind.Unreachable, "No connection to the engine could be made in time."),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
            new(FaultKind.MalformedAnswer, "What the engine answered is not HTTP."),

        // The request was on its way, or the answer was: nobody can tell what the engine made of it.
        HttpRequestException or IOException => new(FaultKind.CutStream, "The connection to the engine broke before its answer was whole."),
        _ => null,
    };

    private static string Reason(HttpRequestException refused) => refused.InnerException is SocketException socket
        ? $" ({socket.SocketErrorCode})."
        : ".";
}
