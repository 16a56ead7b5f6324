using System.Net;
using System.Net.Sockets;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>Runs one <see cref="LoadPlan"/> on the calling thread: ramp, window, drain.</summary>
internal sealed class ClosedLoop(LoadPlan plan) : IDisposable
{
    private const int MaxFailures = 200;

    private readonly LoadConnection?[] _connections = new LoadConnection?[plan.Connections];
    private readonly List<LoadConnection> _lost = [];
    private bool _renewing = true;
    private int _opened;

    public EventLoop Events { get; } = new();

    public LoadPlan Plan => plan;

    public LoadFigures Figures { get; } = new();

    /// <summary>Called as the window starts and as it ends, on the thread of the load.</summary>
    public Action WindowStarted { get; init; } = () => { };

    public Action WindowEnded { get; init; } = () => { };

    public void Run()
    {
        var start = Clock.Now;
        var windowStart = start + Nanoseconds(plan.Ramp);
        RunUntil(windowStart, start);
        Figures.StartWindow();
        WindowStarted();
        RunUntil(windowStart + Nanoseconds(plan.Window), start);
        WindowEnded();
        Figures.EndWindow();

        _renewing = false;
        for (var end = Clock.Now + Nanoseconds(plan.Drain); Clock.Now < end && _connections.Any(connection => connection is { Busy: true });)
        {
            Events.Wait(1);
        }

        foreach (var open in _connections.OfType<LoadConnection>().Where(connection => connection.Busy))
        {
            Figures.Lost += Math.Max(plan.EventsPerStream - open.EventsRead, 0);
            Figures.FailedRequests++;
            Figures.FirstFailure ??= "An answer had not ended when the drain had.";
        }
    }

    /// <summary>An answer has ended; the connection goes on with the next request, or another takes its place.</summary>
    public void Finished(LoadConnection connection)
    {
        if (connection.Closed)
        {
            _lost.Add(connection);
        }
        else if (_renewing)
        {
            connection.Start();
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection?.Close();
        }

        Events.Dispose();
    }

    private void RunUntil(long end, long start)
    {
        var spread = Math.Max(Nanoseconds(plan.Spread), 1);
        long now;
        while ((now = Clock.Now) < end && Figures.Requests < plan.MaxRequests && Figures.FailedRequests < MaxFailures)
        {
            var due = Math.Min(1 + ((now - start) * plan.Connections / spread), plan.Connections);
            var starting = Open(due);
            Events.Wait(starting ? 1 : (int)Math.Clamp((end - now) / Clock.Millisecond, 1, 100));
        }
    }

    /// <summary>Opens the connections that are due and reopens the lost ones; true while some are still to come.</summary>
    private bool Open(long due)
    {
        while (_opened < due)
        {
            _connections[_opened] = Connect(_opened);
            _opened++;
        }

        foreach (var lost in _lost)
        {
            var place = Array.IndexOf(_connections, lost);
            _connections[place] = Connect(place);
        }

        _lost.Clear();
        return _opened < plan.Connections;
    }

    private LoadConnection Connect(int place)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, plan.PortOf(place));
        var connection = new LoadConnection(this, socket, plan.Request(place));
        connection.Start();
        return connection;
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
