using System.Threading.Channels;
using Sluice.Core.Engines;

namespace Sluice.Vertex.Tests.Resilience;

/// <summary>Keeps what it was told, and lets a test wait for it.</summary>
internal sealed class RecordingEngineObserver : IEngineObserver
{
    private readonly Channel<(ServedBy Place, EngineFault Fault, TimeSpan? After)> _repetitions =
        Channel.CreateBounded<(ServedBy, EngineFault, TimeSpan?)>(1000);

    private readonly Channel<RegionHealth> _changes = Channel.CreateBounded<RegionHealth>(1000);

    public int Repetitions { get; private set; }

    public void CircuitChanged(RegionHealth health, bool isReported) => _changes.Writer.TryWrite(health).ShouldBeTrue();

    public void Repeating(ServedBy place, EngineFault fault, TimeSpan? after)
    {
        Repetitions++;
        _repetitions.Writer.TryWrite((place, fault, after)).ShouldBeTrue();
    }

    /// <summary>The next repetition, when it is told: its wait has begun by then. Fails after 30 seconds.</summary>
    public async Task<(ServedBy Place, EngineFault Fault, TimeSpan? After)> RepeatingAsync() =>
        await _repetitions.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The next change of a circuit; fails after 30 seconds.</summary>
    public async Task<RegionHealth> ChangeAsync() => await _changes.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
}
