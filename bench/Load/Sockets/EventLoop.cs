using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Sluice.Bench.Sockets;

/// <summary>What the loop calls when a socket has something to say.</summary>
internal interface IReady
{
    void Readable();

    void Writable();
}

/// <summary>One thread waiting on all its sockets at once, level-triggered.</summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int Batch = 512;

    private readonly int _epoll = Libc.EpollCreate(0);
    private readonly Libc.EpollEvent[] _events = GC.AllocateArray<Libc.EpollEvent>(Batch, pinned: true);
    private IReady?[] _ready = new IReady?[1024];

    /// <summary>The loop handles one socket at a time, so all of them receive into this one buffer.</summary>
    public byte[] Received { get; } = GC.AllocateArray<byte>(64 * 1024, pinned: true);

    public void Add(int descriptor, IReady ready)
    {
        if (descriptor >= _ready.Length)
        {
            Array.Resize(ref _ready, Math.Max(descriptor + 1, _ready.Length * 2));
        }

        _ready[descriptor] = ready;
        Control(Libc.EpollAdd, descriptor, Libc.EpollIn);
    }

    public void AwaitWritable(int descriptor, bool wanted) =>
        Control(Libc.EpollModify, descriptor, wanted ? Libc.EpollIn | Libc.EpollOut : Libc.EpollIn);

    /// <summary>Call before closing the descriptor; closing takes it out of the kernel's set.</summary>
    public void Forget(int descriptor) => _ready[descriptor] = null;

    /// <summary>Waits for at most one batch of readiness and hands it out.</summary>
    public void Wait(int timeoutMilliseconds)
    {
        int count;
        fixed (Libc.EpollEvent* events = _events)
        {
            count = Libc.EpollWait(_epoll, events, Batch, timeoutMilliseconds);
        }

        for (var i = 0; i < count; i++)
        {
            var descriptor = (int)_events[i].Data;
            if ((_events[i].Events & Libc.EpollOut) != 0)
            {
                _ready[descriptor]?.Writable();
            }

            if ((_events[i].Events & ~Libc.EpollOut) != 0)
            {
                _ready[descriptor]?.Readable();
            }
        }
    }

    public void Dispose() => _ = Libc.Close(_epoll);

    private void Control(int operation, int descriptor, uint events)
    {
        var interest = new Libc.EpollEvent { Events = events, Data = descriptor };
        if (Libc.EpollControl(_epoll, operation, descriptor, &interest) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }
}
