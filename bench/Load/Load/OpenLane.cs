using System.Net;
using System.Net.Sockets;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>The connections of an open loop to one gateway: as many as there are requests open at once.</summary>
internal sealed class OpenLane(EventLoop loop, int port) : IDisposable
{
    // A gateway that lets more than this pile up is not measured, but broken.
    private const int MaxConnections = 4000;

    private readonly List<OpenConnection> _all = [];
    private readonly Stack<OpenConnection> _free = [];

    public int Port => port;

    public OpenConnection Take()
    {
        while (_free.TryPop(out var free))
        {
            if (!free.Closed)
            {
                return free;
            }
        }

        if (_all.Count == MaxConnections)
        {
            throw new InvalidOperationException($"More than {MaxConnections} requests are open at once.");
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, port);
        var connection = new OpenConnection(this, loop, socket);
        _all.Add(connection);
        return connection;
    }

    public void Free(OpenConnection connection) => _free.Push(connection);

    public void Dispose()
    {
        foreach (var connection in _all)
        {
            connection.Close();
        }
    }
}
