using System.Runtime.InteropServices;
using Sluice.Emulator;

if (CommandLine.Parse(args, Environment.GetEnvironmentVariable("PORT"), out var problem) is not { } options)
{
    await (problem.Length == 0 ? Console.Out : Console.Error).WriteLineAsync(problem.Length == 0 ? CommandLine.Usage : problem + "\nTry --help.");
    return problem.Length == 0 ? 0 : 2;
}

var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);

await using var emulator = await EmulatorHost.StartAsync(options);
await Console.Out.WriteLineAsync($"""
    Agent Engine emulator on {emulator.Address}
      AdkApp       {emulator.EngineName("adk")}
      plain agent  {emulator.EngineName("echo")}
      metadata     GCE_METADATA_HOST={emulator.MetadataHost}
      control      {emulator.Address}_emulator/counters
    Point a gateway here:
      AGENT_ENGINE_ENDPOINT={emulator.Address.GetLeftPart(UriPartial.Authority)} AGENT_ENGINE_NAME={emulator.EngineName("adk")}
    """);
await stop.Task;
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}
