namespace Sluice.Api.Configuration;

/// <summary>What the port speaks. A port without TLS speaks one of them, and not both.</summary>
internal enum Role
{
    /// <summary>HTTP/1.1: the native surface, with server-sent events.</summary>
    Http,

    /// <summary>HTTP/2 with prior knowledge (h2c): gRPC.</summary>
    Grpc,
}
