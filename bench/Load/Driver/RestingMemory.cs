using Sluice.Bench.Processes;

namespace Sluice.Bench.Driver;

/// <summary>Memory of a process nobody is asking anything: as it is, and after full collections have returned what was garbage.</summary>
internal readonly record struct RestingMemory(Memory AsItIs, Memory Collected)
{
    private const int Collections = 3;

    /// <summary>
    /// The target with a small nursery: by default it is sized by the processor's cache and may be hundreds of megabytes, whose free room would hide what is
    /// measured, or pass for it.
    /// </summary>
    public static Target Frugal(Target target) =>
        target with { Environment = new Dictionary<string, string>(target.Environment, StringComparer.Ordinal) { ["DOTNET_GCgen0size"] = "400000" } };

    public static RestingMemory Read(RunningTarget target)
    {
        var asItIs = Sum(target);

        // Freed regions are given back to the kernel over the collections that follow, not by the one that freed them.
        for (var i = 0; i < Collections; i++)
        {
            foreach (var id in target.Ids)
            {
                FullCollection.Request(id);
            }

            Thread.Sleep(300);
        }

        return new RestingMemory(asItIs, Sum(target));
    }

    private static Memory Sum(RunningTarget target)
    {
        var each = target.Ids.Select(Proc.ReadMemory).ToList();
        return new Memory(each.Sum(memory => memory.Rss), each.Sum(memory => memory.Anonymous));
    }
}
