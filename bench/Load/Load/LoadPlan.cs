using System.Text;
using Sluice.Bench.Sockets;

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
    /// <summary>Header lines to add to every request, such as an API key.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>The window ends early after this many requests.</summary>
    public long MaxRequests { get; init; } = long.MaxValue;

    /// <summary>A gateway that names the end of a stream must do so every time.</summary>
    public bool SaysDone { get; init; }

    /// <summary>Whether a connection begins a session with each request, or stays in one; and where.</summary>
    public Seating Seating { get; init; }

    /// <summary>What the connection of this number asks.</summary>
    public byte[] Request(int connection)
    {
        var headers = string.Concat(Headers.Select(header => header + "\r\n"));
        var body = BodyIn(Seating == Seating.NewSessions ? null : SessionOf(connection));
        return Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");
    }

    /// <summary>Where it asks.</summary>
    public int PortOf(int connection) => Ports[(connection + (Seating == Seating.ElsewhereInSession ? 1 : 0)) % Ports.Count];

    /// <summary>Has each session that is stayed in begun at its node.</summary>
    public void Seat()
    {
        for (var connection = 0; connection < Connections && Seating != Seating.NewSessions; connection++)
        {
            using var first = new BlockingExchange(Ports[connection % Ports.Count]);
            first.Send("POST", "/invoke", [.. Headers, "Content-Type: application/json"], BodyIn(SessionOf(connection)));
            first.ReadUntil("pong");
        }
    }

    private static string SessionOf(int connection) => $"seat-{connection}";

    private static string BodyIn(string? session) => session is null ? """{"text":"ping"}""" : $$"""{"text":"ping","session_id":"{{session}}"}""";
}

/// <summary>Sessions of the connections of a load, of which each has its node.</summary>
internal enum Seating
{
    /// <summary>Each request begins one, at the connection's node.</summary>
    NewSessions,

    /// <summary>Each connection stays in one, which is at its node.</summary>
    OwnSession,

    /// <summary>Each connection stays in one, which is at the node before its own.</summary>
    ElsewhereInSession,
}
