using System.Net;
using System.Net.Sockets;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Engine;

/// <summary>
/// Agent Engine as far as a gateway can see it, at the least possible cost: one thread, fixed answers, no parsing beyond the request line and the
/// body's length. Takes OTLP exports too, so that tracing has somewhere to go.
/// </summary>
internal sealed class EngineServer(Dialect dialect) : IReady
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
#pragma warning disable CA5394 // The phase of a stream is no secret; a fixed seed makes every run alike.
    private readonly Random _phases = new(17);
#pragma warning restore CA5394

    public Dialect Dialect => dialect;

    public EventLoop Loop { get; } = new();

    public TimerWheel Wheel { get; } = new();

    public EngineStatistics Statistics { get; } = new();

    public Pacing Pacing { get; set; } = new(20, 0);

    public Faults Faults { get; set; } = Faults.None;

    public byte[] StreamHead { get; } = EngineAnswers.StreamHead;

    /// <summary>Where the events of one write are put together.</summary>
    public byte[] Frame { get; } = new byte[1024 + (Pacing.MaxEvents * (Dialect.MaxLine + EventChunk.MaxToken))];

    public double Phase() => _phases.NextDouble();

    /// <summary>Serves on the loopback <paramref name="port"/> until the process ends.</summary>
    public void Run(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(4096);
        _listener.Blocking = false;
        Loop.Add((int)_listener.Handle, this);
        while (true)
        {
            Loop.Wait(Wheel.Waiting > 0 ? 1 : 100);
            Wheel.Turn(Clock.Now);
        }
    }

    public void Readable()
    {
        while (_listener.Poll(0, SelectMode.SelectRead))
        {
            _ = new EngineConnection(this, _listener.Accept());
        }
    }

    public void Writable()
    {
    }
}
