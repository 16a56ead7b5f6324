using System.Runtime.InteropServices;

namespace Sluice.Bench.Sockets;

/// <summary>The system calls of an event loop. Load and engine share one core, so both go to the kernel without anything in between.</summary>
internal static unsafe partial class Libc
{
    public const int EpollAdd = 1;
    public const int EpollModify = 3;
    public const uint EpollIn = 0x1;
    public const uint EpollOut = 0x4;
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int DontWait = 0x40;
    public const int NoSignal = 0x4000;

    /// <summary>struct epoll_event, packed as on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct EpollEvent
    {
        public uint Events;
        public long Data;
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int descriptor, EpollEvent* interest);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, EpollEvent* events, int capacity, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int descriptor, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
