using System.Net;
using System.Net.Sockets;

namespace Sluice.PostgresKit;

/// <summary>
/// Ports of loopback for servers that are told theirs, and that may be stopped and started again: below those that a system gives to outgoing connections, so that
/// none of these has it meanwhile, and from a block that this process has to itself, so that no other process of tests has either.
/// </summary>
public static class FreePorts
{
    private const int First = 20_000;
    private const int Behind = 32_000;
    private const int Block = 200;

    private static readonly Lock Gate = new();

    // Who listens at the first port of a block has the block, until its process ends.
    private static readonly Socket Owned = Own();

    private static int _taken;

    /// <summary>So many different ports on which nobody listens now; none is given again before all others of the block.</summary>
    /// <exception cref="InvalidOperationException">So many are not free in the block.</exception>
    public static int[] Take(int count)
    {
        var start = ((IPEndPoint)Owned.LocalEndPoint!).Port;
        var free = new List<int>(count);
        lock (Gate)
        {
            for (var tried = 1; tried < Block && free.Count < count; tried++)
            {
                var port = start + 1 + (_taken++ % (Block - 1));
                if (Listen(port) is { } listener)
                {
                    listener.Dispose();
                    free.Add(port);
                }
            }
        }

        return free.Count == count ? [.. free] : throw new InvalidOperationException($"{count} ports behind {start} were wanted, and {free.Count} are free.");
    }

    /// <summary>A port like one of <see cref="Take(int)"/>.</summary>
    public static int Take() => Take(1)[0];

    private static Socket Own()
    {
        var blocks = Enumerable.Range(0, (Behind - First) / Block).ToArray();
        Random.Shared.Shuffle(blocks);
        return blocks.Select(block => Listen(First + (block * Block))).First(listener => listener is not null)!;
    }

    private static Socket? Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
            listener.Listen();
            return listener;
        }
        catch (SocketException)
        {
            // Somebody has it: another will do.
            listener.Dispose();
            return null;
        }
    }
}
