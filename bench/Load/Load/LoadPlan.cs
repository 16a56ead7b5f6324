using System.Text;

namespace Sluice.Bench.Load;

/// <summary>A closed loop: each connection sends its next request when the answer to the last one has ended.</summary>
/// <param name="Ports">The gateway's ports on the loopback, one for each of its nodes: connections go to each in turn.</param>
/// <param name="Path">What is posted to.</param>
/// <param name="Connections">How many requests are open at once.</param>
/// <param name="EventsPerStream">The events each answer must carry; 0 when the answer is no stream.</param>
/// <param name="Ramp">Before the window. Connections start evenly spread over its first <paramref name="Spread"/>.</param>
/// <param name="Spread">See <paramref name="Ramp"/>.</param>
/// <param name="Window">What is measured.</param>
/// <param name="Drain">How long answers still open after the window may take.</param>
internal sealed record LoadPlan(
    IReadOnlyList<int> Ports,
    string Path,
    int Connections,
    int EventsPerStream,
    TimeSpan Ramp,
    TimeSpan Spread,
    TimeSpan Window,
    TimeSpan Drain)
{
    private const string Body = """{"text":"ping"}""";

    /// <summary>Header lines to add to every request, such as an API key.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The window ends early after this many requests.</summary>
    public long MaxRequests { get; init; } = long.MaxValue;

    /// <summary>A gateway that names the end of a stream must do so every time.</summary>
    public bool SaysDone { get; init; }

    public byte[] Request()
    {
        var headers = string.Concat(Headers.Select(header => header + "\r\n"));
        var request = $"POST {Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n{headers}\r\n{Body}";
        return Encoding.ASCII.GetBytes(request);
    }
}
