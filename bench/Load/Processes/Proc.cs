using System.Globalization;

namespace Sluice.Bench.Processes;

/// <summary>What the kernel knows about processes and cores.</summary>
internal static class Proc
{
    private const double TicksPerSecond = 100; // USER_HZ, fixed by the kernel's ABI.

    /// <summary>User and system time of the process so far, in seconds.</summary>
    public static double CpuSeconds(int process)
    {
        var fields = Stat(process);
        return (Number(fields[11]) + Number(fields[12])) / TicksPerSecond;
    }

    /// <summary>The same of a process with its children, those that have ended included.</summary>
    public static double FamilyCpuSeconds(int process)
    {
        var fields = Stat(process);
        var own = fields[11..15].Sum(Number) / TicksPerSecond;
        return own + File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Sum(child => CpuSeconds(int.Parse(child, CultureInfo.InvariantCulture)));
    }

    /// <summary>Time all cores were busy so far, in seconds, time stolen by the hypervisor included.</summary>
    public static double BusySeconds()
    {
        var fields = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int[] busy = [1, 2, 3, 6, 7, 8]; // user nice system irq softirq steal
        return busy.Sum(field => Number(fields[field])) / TicksPerSecond;
    }

    /// <summary>Resident memory of the process in kilobytes, and the part of it that is no file's.</summary>
    public static Memory ReadMemory(int process)
    {
        var lines = File.ReadAllLines($"/proc/{process}/smaps_rollup");
        return new Memory(Kilobytes("Rss:"), Kilobytes("Anonymous:"));

        double Kilobytes(string name) =>
            Number(lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }

    // From the third field on: the second, the name, may hold blanks.
    private static string[] Stat(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static double Number(string digits) => double.Parse(digits, CultureInfo.InvariantCulture);
}

/// <summary>Kilobytes.</summary>
internal readonly record struct Memory(double Rss, double Anonymous);
