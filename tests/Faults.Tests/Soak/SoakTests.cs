using System.Diagnostics;
using System.Globalization;
using Sluice.Emulator;
using Sluice.Faults.Tests.Gateways;
using Xunit.Abstractions;

namespace Sluice.Faults.Tests.Soak;

/// <summary>Minutes of an engine that fails one call in five: at the end nothing is left of it, in memory, in turns, in connections or in threads.</summary>
[Collection(Alone.Name)]
[Trait("Category", "Soak")]
public sealed class SoakTests(ITestOutputHelper output)
{
    private const string LengthVariable = "SLUICE_SOAK_SECONDS";
    private const int Clients = 12;
    private const int EngineConnections = 32;
    private const long Slack = 16 * 1024 * 1024;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable(LengthVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 15);

    // Everything that is bounded is so narrowly bounded that it is full after the warm-up; what grows behind that has no bound.
    private static readonly string[] Settings =
    [
        "Sluice__Http__Grace=200ms",
        "Sluice__Sessions__MaxSessions=64",
        "Sluice__Sessions__RememberedTurns=4",
        $"Sluice__Engine__MaxConnections={EngineConnections}",
        "Sluice__Engine__QueryTimeout=1s",
        "Sluice__Engine__FirstEventTimeout=1s",
        "Sluice__Engine__IdleTimeout=1s",
        "Sluice__Resilience__MaxAttempts=3",
        "Sluice__Resilience__BaseDelay=10ms",
        "Sluice__Resilience__ColdStartDelay=10ms",
        "Sluice__Resilience__RetryRatio=1",
        "Sluice__Resilience__BreakDuration=500ms",
        "Sluice__Recovery__Patience=1s",
        "Sluice__Recovery__Quiet=100ms",
    ];

    [Fact]
    public async Task Nothing_grows_while_one_call_in_five_fails()
    {
        await using var emulator = await EmulatorHost.StartAsync(new EmulatorOptions { RetainedCalls = 200, RetainedSessions = 200 });
        await using var plain = await RunningGateway.StartAsync(emulator, "echo", Settings);
        await using var adk = await RunningGateway.StartAsync(emulator, "adk", Settings);
        RunningGateway[] gateways = [plain, adk];
        emulator.Control.Enqueue(SoakMix.Scripts);
        var clients = Enumerable.Range(0, Clients).Select(number => new SoakClient(gateways[number % 2].Client, emulator.Control, number)).ToList();

        var before = await SoakAsync(Length / 3, clients, gateways);
        var after = await SoakAsync(Length - (Length / 3), clients, gateways);

        var counters = emulator.Control.Counters;
        output.WriteLine($"after warm-up: {before}");
        output.WriteLine($"at the end:    {after}");
        output.WriteLine($"turns: {string.Join(", ", clients.SelectMany(c => c.Ends).GroupBy(e => e.Key).Select(g => $"{g.Sum(e => e.Value)} {g.Key}"))}");
        output.WriteLine($"calls: {counters.Calls}, connections open {counters.ConnectionsOpen}, accepted {counters.ConnectionsAccepted}");
        output.WriteLine($"faults: {string.Join(", ", counters.Faults.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Value} {f.Key}"))}");

        after.HeapBytes.ShouldBeLessThan((before.HeapBytes * 5 / 4) + Slack);
        after.Threads.ShouldBeLessThan(before.Threads + 16);
        after.Pulsed.ShouldBeLessThanOrEqualTo(before.Pulsed);
        after.Sessions.ShouldBeLessThanOrEqualTo(2 * 64);
        counters.Running.ShouldBe(0);
        counters.ConnectionsOpen.ShouldBeLessThanOrEqualTo(2 * EngineConnections);
    }

    private static async Task<Remains> SoakAsync(TimeSpan length, List<SoakClient> clients, RunningGateway[] gateways)
    {
        using var enough = new CancellationTokenSource(length);
        await Task.WhenAll(clients.Select(client => client.RunAsync(enough.Token)));

        // The turns of those who left are cancelled when their grace is over.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (gateways.Any(gateway => gateway.Sessions.LiveTurns > 0))
        {
            await look.WaitForNextTickAsync(limit.Token);
        }

        return Remains.Of(gateways);
    }

    /// <summary>What is there when nobody asks any more.</summary>
    private sealed record Remains(long HeapBytes, int Threads, int Pulsed, int Sessions)
    {
        public static Remains Of(RunningGateway[] gateways)
        {
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            using var process = Process.GetCurrentProcess();
            return new Remains(
                GC.GetTotalMemory(forceFullCollection: true),
                process.Threads.Count,
                gateways.Sum(gateway => gateway.Pulse.Count),
                gateways.Sum(gateway => gateway.Sessions.SessionCount));
        }

        public override string ToString() =>
            string.Create(CultureInfo.InvariantCulture, $"heap {HeapBytes / 1024.0 / 1024.0:F1} MiB, {Threads} threads, {Pulsed} in the pulse, {Sessions} sessions");
    }
}
