using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Sluice.Bench.Driver;
using Sluice.Bench.Engine;
using Sluice.Bench.Processes;
using Sluice.Bench.Sockets;

Clock.Check();
if (args is ["engine", "--port", var port, "--dialect", var dialect])
{
    new EngineServer(Dialect.Named(dialect)).Run(int.Parse(port, CultureInfo.InvariantCulture));
    return 0;
}

if (args is ["--help"])
{
    Console.WriteLine(Options.Usage);
    return 0;
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    var options = Options.Parse(args);
    var directory = new BenchDirectory();
    using var raw = new RawFigures(directory.Results(TimeProvider.System.GetUtcNow()));
    var report = new BenchRun(options, directory, raw).Run();
    Console.WriteLine();
    Console.WriteLine(report);
    Console.WriteLine();
    Console.WriteLine($"Raw figures: {raw.Path}");
    return 0;
}
catch (Exception wrong) when (wrong is FormatException or InvalidOperationException or SocketException)
{
    Console.Error.WriteLine(wrong.Message);
    foreach (var ended in ChildProcess.Ended())
    {
        Console.Error.WriteLine(ended);
    }

    return 1;
}
finally
{
    ChildProcess.KillAll();
}

static void Stop(PosixSignalContext context)
{
    ChildProcess.KillAll();
    Environment.Exit(130);
}
