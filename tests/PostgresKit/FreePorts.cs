using System.Net;
using System.Net.Sockets;

namespace Sluice.PostgresKit;

/// <summary>
/// Ports of loopback for servers that are stopped and started again: below those that a system gives to outgoing connections, so that none of these has it meanwhile.
/// </summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int Behind = 32_000;

    /// <summary>So many different ports on which nobody listens now.</summary>
    public static int[] Take(int count)
    {
        var free = new HashSet<int>();
        while (free.Count < count)
        {
            var port = Random.Shared.Next(First, Behind);
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
                free.Add(port);
            }
            catch (SocketException)
            {
                // Somebody has it: another will do.
            }
        }

        return [.. free];
    }
}
