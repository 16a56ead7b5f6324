using Sluice.Bench.Sockets;

namespace Sluice.Bench.Processes;

/// <summary>CPU time spent between two moments by the target, its database, the engine, the load (this process) and everybody else, in seconds.</summary>
/// <param name="target">Its processes.</param>
/// <param name="database">The first process of its server; null when it has none.</param>
/// <param name="engine">The stub engine.</param>
internal sealed class CpuWindow(IReadOnlyList<int> target, int? database, int engine)
{
    private Reading _start;
    private Reading _end;

    public double Seconds => (_end.Time - _start.Time) / (double)Clock.Second;

    public double Target => _end.Target - _start.Target;

    public double Database => _end.Database - _start.Database;

    public double Engine => _end.Engine - _start.Engine;

    public double Load => _end.Load - _start.Load;

    public double Other => Math.Max(_end.Busy - _start.Busy - Target - Database - Engine - Load, 0);

    public void Start() => _start = Read();

    public void End() => _end = Read();

    private Reading Read() => new(
        Clock.Now,
        target.Sum(Proc.CpuSeconds),
        database is { } server ? Proc.FamilyCpuSeconds(server) : 0,
        Proc.CpuSeconds(engine),
        Proc.CpuSeconds(Environment.ProcessId),
        Proc.BusySeconds());

    private readonly record struct Reading(long Time, double Target, double Database, double Engine, double Load, double Busy);
}
