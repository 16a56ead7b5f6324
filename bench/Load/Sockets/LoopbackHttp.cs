using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Sockets;

/// <summary>One blocking request on a connection of its own, for what is not measured by the thousand.</summary>
internal static class LoopbackHttp
{
    // Two runs at once look in different places.
    private static int _lastPort = 20_000 + (Environment.ProcessId % 500 * 20);

    /// <summary>The status and the body; status 0 when nobody answers.</summary>
    public static (int Status, string Body) Get(int port, string target)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 5_000, NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            socket.Send(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
            return Read(socket);
        }
        catch (SocketException)
        {
            return (0, "");
        }
    }

    /// <summary>A port nobody listens on, below those the kernel gives to outgoing connections.</summary>
    public static int FreePort()
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        return Enumerable.Range(0, 10_000).Select(_ => Interlocked.Increment(ref _lastPort)).First(port => !used.Contains(port));
    }

    private static (int Status, string Body) Read(Socket socket)
    {
        var message = new HttpMessage();
        var status = 0;
        var text = new StringBuilder();
        var buffer = new byte[8192];
        int received;
        while ((received = socket.Receive(buffer)) > 0)
        {
            ReadOnlySpan<byte> data = buffer.AsSpan(0, received);
            do
            {
                if (!message.InBody && message.ReadHead(ref data) is { IsEmpty: false } head)
                {
                    status = int.Parse(head[9..12]);
                }

                if (message.InBody)
                {
                    text.Append(Encoding.UTF8.GetString(message.ReadBody(ref data)));
                    if (!message.InBody)
                    {
                        return (status, text.ToString());
                    }
                }
            }
            while (!data.IsEmpty);
        }

        return (status, text.ToString());
    }
}
