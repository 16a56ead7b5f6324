namespace Sluice.Vertex.Transport;

/// <summary>One request to the engine, a GET when it has no body. May be sent more than once.</summary>
internal readonly record struct EngineRequest(Uri Uri, JsonBody? Body, bool IsStream);
