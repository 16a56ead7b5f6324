using System.Runtime.InteropServices;

namespace Sluice.Bench.Driver;

/// <summary>Where and with what the figures were measured; they mean nothing without.</summary>
internal sealed record Machine(string Processor, int Cores, string Kernel, string Runtime, DateTimeOffset Time, string Label)
{
    public static Machine Describe(string label)
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
        return new Machine(
            model?[(model.IndexOf(':') + 2)..] ?? "unknown",
            Environment.ProcessorCount,
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            TimeProvider.System.GetUtcNow(),
            label);
    }
}
