using Sluice.Bench.Sockets;

namespace Sluice.Bench.Processes;

/// <summary>CPU time spent between two moments by the target, the engine, the load (this process) and everybody else, in seconds.</summary>
internal sealed class CpuWindow(int target, int engine)
{
    private Reading _start;
    private Reading _end;

    public double Seconds => (_end.Time - _start.Time) / (double)Clock.Second;

    public double Target => _end.Target - _start.Target;

    public double Engine => _end.Engine - _start.Engine;

    public double Load => _end.Load - _start.Load;

    public double Other => Math.Max(_end.Busy - _start.Busy - Target - Engine - Load, 0);

    public void Start() => _start = Read();

    public void End() => _end = Read();

    private Reading Read() => new(Clock.Now, Proc.CpuSeconds(target), Proc.CpuSeconds(engine), Proc.CpuSeconds(Environment.ProcessId), Proc.BusySeconds());

    private readonly record struct Reading(long Time, double Target, double Engine, double Load, double Busy);
}
