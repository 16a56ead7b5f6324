using System.Text;

namespace Sluice.Bench.Load;

/// <summary>An open loop: requests leave by the clock, whether or not earlier ones are answered, so that a slow gateway is not asked less.</summary>
/// <param name="Rate">Requests a second, evenly spaced.</param>
/// <param name="Time">How long.</param>
/// <param name="Engine">The engine that requests name; null: none.</param>
internal sealed record OpenPlan(int Rate, TimeSpan Time, string? Engine = null)
{
    /// <summary>Header lines to add to every request, such as an API key.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    public int Requests => (int)(Rate * Time.TotalSeconds);

    public byte[] Request(int port)
    {
        var body = Engine is null ? """{"text":"ping"}""" : $$"""{"text":"ping","engine":"{{Engine}}"}""";
        var headers = string.Concat(Headers.Select(header => header + "\r\n"));
        return Encoding.ASCII.GetBytes(
            $"POST /invoke HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");
    }
}
