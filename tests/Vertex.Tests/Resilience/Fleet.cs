using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Emulator;
using Sluice.TestKit;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Resilience;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests.Resilience;

/// <summary>One engine in as many regions as a test wants, each an emulator of its own; the clock of the engine's client stands still until it is moved.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private static readonly string[] Locations = ["us-central1", "europe-west1", "asia-east1"];

    private readonly Pulse _pulse;

    private Fleet(EmulatorHost[] regions, string engine, ResilienceOptions options, Func<VertexOptions, VertexOptions>? with, ICircuitReports? reports)
    {
        Regions = regions;
        _pulse = new Pulse(Time);
        Engine = new VertexEngine(
            [.. regions.Select((region, at) =>
            {
                var options = new VertexOptions { Engine = EngineName.Parse(region.EngineName(engine, Locations[at])), Endpoint = region.Address };
                return with?.Invoke(options) ?? options;
            })],
            options,
            _pulse,
            NoAccessTokens.Instance,
            Observer,
            reports);
    }

    public ManualTime Time { get; } = new();

    public RecordingEngineObserver Observer { get; } = new();

    public EmulatorHost[] Regions { get; }

    public EmulatorHost First => Regions[0];

    public EmulatorHost Second => Regions[1];

    public VertexEngine Engine { get; }

    public CircuitState Circuit(int region) => Engine.Regions[region].Circuit;

    /// <param name="regions">How many.</param>
    /// <param name="engine">An id that begins with adk is an ADK application.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="with">Changes how each region is called.</param>
    /// <param name="reports">Where it and other fleets tell one another of their circuits.</param>
    public static async Task<Fleet> StartAsync(
        int regions = 1, string engine = "plain", ResilienceOptions? options = null, Func<VertexOptions, VertexOptions>? with = null, ICircuitReports? reports = null)
    {
        var hosts = await Task.WhenAll(Enumerable.Range(0, regions).Select(_ => EmulatorHost.StartAsync(new EmulatorOptions())));
        return new Fleet(hosts, engine, options ?? new ResilienceOptions(), with, reports);
    }

    /// <summary>Runs a turn; fails after 30 seconds.</summary>
    public async Task<EngineOutcome> RunAsync(FakeTurn turn, CancellationToken cancellationToken = default) =>
        await Engine.RunAsync(turn, cancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);

    public Task<EngineOutcome> SayAsync(string text) => RunAsync(FakeTurn.Saying(text));

    /// <summary>Lets the wait before the next repetition pass, and says how long it was and what for.</summary>
    public async Task<(TimeSpan? After, FaultKind Fault)> WaitOutAsync()
    {
        var (_, fault, after) = await Observer.RepeatingAsync();
        Time.Advance(after ?? TimeSpan.Zero);
        return (after, fault.Kind);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _pulse.Dispose();
        foreach (var region in Regions)
        {
            await region.DisposeAsync();
        }
    }
}
