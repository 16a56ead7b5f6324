using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sluice.Bench.Sockets;

/// <summary>A connected socket on an <see cref="EventLoop"/>: receives into the loop's buffer, sends at once and keeps what the kernel would not take.</summary>
internal abstract unsafe class Connection : IReady
{
    private readonly EventLoop _loop;
    private readonly Socket _socket;
    private readonly int _descriptor;
    private byte[] _unsent = [];

    protected Connection(EventLoop loop, Socket socket)
    {
        _loop = loop;
        _socket = socket;
        _descriptor = (int)socket.Handle;
        socket.NoDelay = true;
        loop.Add(_descriptor, this);
    }

    public bool Closed { get; private set; }

    public void Readable()
    {
        nint read;
        fixed (byte* buffer = _loop.Received)
        {
            read = Libc.Receive(_descriptor, buffer, (nuint)_loop.Received.Length, Libc.DontWait);
        }

        if (read > 0)
        {
            OnReceived(_loop.Received.AsSpan(0, (int)read));
        }
        else if (read == 0 || !MayTryAgain())
        {
            Close();
            OnLost();
        }
    }

    public void Writable()
    {
        var rest = _unsent;
        _unsent = [];
        _loop.AwaitWritable(_descriptor, wanted: false);
        Send(rest);
    }

    public void Send(ReadOnlySpan<byte> data)
    {
        if (_unsent.Length > 0)
        {
            _unsent = [.. _unsent, .. data];
            return;
        }

        nint sent;
        fixed (byte* start = data)
        {
            sent = Libc.Send(_descriptor, start, (nuint)data.Length, Libc.DontWait | Libc.NoSignal);
        }

        if (sent == data.Length)
        {
            return;
        }

        // A peer that has gone is noticed by the next read.
        if (sent >= 0 || MayTryAgain())
        {
            _unsent = data[(int)Math.Max(sent, 0)..].ToArray();
            _loop.AwaitWritable(_descriptor, wanted: true);
        }
    }

    public void Close()
    {
        if (!Closed)
        {
            Closed = true;
            _loop.Forget(_descriptor);
            _socket.Dispose();
        }
    }

    protected abstract void OnReceived(ReadOnlySpan<byte> data);

    /// <summary>The peer closed or reset the connection.</summary>
    protected abstract void OnLost();

    private static bool MayTryAgain() => Marshal.GetLastPInvokeError() is Libc.Again or Libc.Interrupted;
}
