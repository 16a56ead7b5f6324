using System.Net.Sockets;
using System.Text;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>A client that sends the bytes a test says, and reads no more than it is told to.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly TcpClient _client = new() { ReceiveBufferSize = 16 * 1024 };

    private NetworkStream Stream => _client.GetStream();

    public static async Task<RawClient> ConnectAsync(Uri address, string first)
    {
        var raw = new RawClient();
        await raw._client.ConnectAsync(address.Host, address.Port);
        await raw.Stream.WriteAsync(Encoding.Latin1.GetBytes(first));
        return raw;
    }

    /// <summary>What comes until <paramref name="marker"/> has come.</summary>
    public async Task<string> ReadUntilAsync(string marker)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith(marker, StringComparison.Ordinal))
        {
            if (await Stream.ReadAsync(one).AsTask().WaitAsync(Patience) == 0)
            {
                throw new EndOfStreamException(text.ToString());
            }

            text.Append((char)one[0]);
        }

        return text.ToString();
    }

    public void Dispose() => _client.Dispose();
}
