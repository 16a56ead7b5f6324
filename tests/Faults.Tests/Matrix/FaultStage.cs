using Sluice.Emulator;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>One emulator, a gateway in front of a plain agent and one in front of an ADK application; and every cell of the matrix, under way from the start.</summary>
public sealed class FaultStage : IAsyncLifetime
{
    /// <summary>Cells under way at a time: most of them wait for a timeout.</summary>
    private const int Concurrency = 48;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private readonly SemaphoreSlim _places = new(Concurrency);
    private readonly Dictionary<Cell, Task> _cells = [];
    private EmulatorHost _emulator = null!;
    private RunningGateway _plain = null!;
    private RunningGateway _adk = null!;

    /// <summary>Short waits. The circuit breaker and the retry budget stay out of it: they would carry one cell's faults into the next.</summary>
    internal static string[] Settings { get; } =
    [
        "Sluice__Http__HeadHold=10s",
        "Sluice__Engine__QueryTimeout=2s",
        "Sluice__Engine__FirstEventTimeout=2s",
        "Sluice__Engine__IdleTimeout=2s",
        "Sluice__Resilience__MaxAttempts=3",
        "Sluice__Resilience__BaseDelay=1ms",
        "Sluice__Resilience__ColdStartDelay=1ms",
        "Sluice__Resilience__RetryReserve=10000",
        "Sluice__Resilience__MinimumThroughput=10000",
        "Sluice__Recovery__Patience=2500ms",
        "Sluice__Recovery__Quiet=100ms",
        "Sluice__Recovery__ReadsAtOnce=256",
    ];

    public async Task InitializeAsync()
    {
        _emulator = await EmulatorHost.StartAsync();
        _plain = await RunningGateway.StartAsync(_emulator, "echo", Settings);
        _adk = await RunningGateway.StartAsync(_emulator, "adk", Settings);
        foreach (var cell in Cell.Of(FaultMatrix.Rows))
        {
            _cells.Add(cell, RunAsync(cell));
        }
    }

    public async Task DisposeAsync()
    {
        await _adk.DisposeAsync();
        await _plain.DisposeAsync();
        await _emulator.DisposeAsync();
        _places.Dispose();
    }

    /// <summary>What is wrong with the cells of a row; empty: nothing.</summary>
    internal async Task<IReadOnlyList<string>> ProblemsOfAsync(string row)
    {
        var problems = new List<string>();
        foreach (var (cell, run) in _cells.Where(pair => pair.Key.Row.Name == row))
        {
            try
            {
                await run;
            }
            catch (Exception e) when (e is ShouldAssertException or HttpRequestException or OperationCanceledException or IOException)
            {
                problems.Add($"{cell}: {e.Message}");
            }
        }

        return problems;
    }

    private async Task RunAsync(Cell cell)
    {
        await _places.WaitAsync();
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            if (cell.Row.Beside is null)
            {
                await new CellRun(cell, _emulator, (cell.IsAdk ? _adk : _plain).Client, limit.Token).RunAsync();
                return;
            }

            // Other calls than the turn's own do not say whose they are, but which engine they are for.
            await using var gateway = await RunningGateway.StartAsync(_emulator, cell.OwnEngine, Settings);
            await new CellRun(cell, _emulator, gateway.Client, limit.Token).RunAsync();
        }
        finally
        {
            _places.Release();
        }
    }
}
