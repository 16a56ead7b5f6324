using System.Text;

namespace Sluice.Bench.Engine;

/// <summary>The stub's answers, ready to send.</summary>
internal static class EngineAnswers
{
    public static readonly byte[] NotFound = Json("404 Not Found", """{"error": {"code": 404, "status": "NOT_FOUND"}}""");

    public static readonly byte[] Unavailable = Json(
        "503 Service Unavailable",
        """{"error": {"code": 503, "message": "The service is currently unavailable.", "status": "UNAVAILABLE"}}""");

    public static readonly byte[] ExportAccepted =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"u8.ToArray();

    public static byte[] StreamHead =>
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray();

    public static byte[] Resource(string classMethods) => Json(
        "200 OK",
        $$$"""{"name": "projects/bench/locations/us-central1/reasoningEngines/bench", "displayName": "bench", "spec": {"classMethods": [{{{classMethods}}}]}}""");

    public static byte[] Json(string status, string body) => Encoding.UTF8.GetBytes(
        $"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
}
