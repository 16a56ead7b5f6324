using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Processes;

/// <summary>
/// Asks a .NET process for a full collection through its diagnostics socket: starting an event session of the runtime's provider with the keyword
/// GCHeapCollect does it, as dotnet-gcdump does. https://github.com/dotnet/diagnostics/blob/main/documentation/design-docs/ipc-protocol.md
/// </summary>
internal static class FullCollection
{
    private const byte EventPipe = 2;
    private const byte StopTracing = 1;
    private const byte CollectTracing2 = 3;
    private const int HeaderLength = 20;
    private const ulong GCHeapCollect = 0x800000;

    public static void Request(int process)
    {
        using var session = Connect(process);
        session.Send(Message(CollectTracing2, CollectPayload()));
        var answer = new byte[HeaderLength + sizeof(ulong)];
        for (var read = 0; read < answer.Length;)
        {
            var received = session.Receive(answer.AsSpan(read));
            read += received > 0 ? received : throw new IOException($"Process {process} did not start an event session.");
        }

        using (var stop = Connect(process))
        {
            stop.Send(Message(StopTracing, answer.AsSpan(HeaderLength)));
            Drain(session);
            Drain(stop);
        }
    }

    private static Socket Connect(int process)
    {
        var path = Directory.GetFiles(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{process}-*-socket"))[0];
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static void Drain(Socket socket)
    {
        var events = new byte[16 * 1024];
        while (socket.Receive(events) > 0)
        {
        }
    }

    private static byte[] CollectPayload()
    {
        using var payload = new MemoryStream();
        using var writer = new BinaryWriter(payload);
        writer.Write(2u); // buffer, megabytes
        writer.Write(1u); // nettrace
        writer.Write(false); // no rundown: it would list every method, and cost the process megabytes
        writer.Write(1u); // providers
        writer.Write(GCHeapCollect);
        writer.Write(4u); // informational
        const string Provider = "Microsoft-Windows-DotNETRuntime\0";
        writer.Write((uint)Provider.Length);
        writer.Write(Encoding.Unicode.GetBytes(Provider));
        writer.Write(0u); // no filter
        writer.Flush();
        return payload.ToArray();
    }

    private static byte[] Message(byte command, ReadOnlySpan<byte> payload)
    {
        var message = new byte[HeaderLength + payload.Length];
        "DOTNET_IPC_V1\0"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(14), (ushort)message.Length);
        message[16] = EventPipe;
        message[17] = command;
        payload.CopyTo(message.AsSpan(HeaderLength));
        return message;
    }
}
