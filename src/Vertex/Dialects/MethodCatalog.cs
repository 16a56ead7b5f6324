namespace Sluice.Vertex.Dialects;

/// <summary>
/// The engine's methods: those configuration implies, else read from its resource when first needed, by one reader however many wait, and again every ten minutes behind their backs. That they
/// cannot be read fails no turn: it is then treated as a plain engine, and asked again after a minute.
/// </summary>
internal sealed class MethodCatalog(TimeProvider time, MethodCatalog.Reader read, DialectChoice choice) : IAsyncDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile Known? _known = choice == DialectChoice.Auto ? null : new Known(EngineMethods.Unknown(choice == DialectChoice.Adk), long.MaxValue);
    private Task<EngineMethods>? _reading;

    /// <summary>Reads the engine resource once, bounded in time by itself; null when that did not work.</summary>
    public delegate Task<EngineMethods?> Reader(CancellationToken cancellationToken);

    /// <summary>What is known now and still holds; null when it has to be asked for.</summary>
    public EngineMethods? Current => _known is { } known && time.GetTimestamp() < known.Until ? known.Methods : null;

    /// <summary>Of the engine that was read last, though it may have changed since; null: none was.</summary>
    public string? Revision => _known?.Methods.Revision;

    public ValueTask<EngineMethods> GetAsync(CancellationToken cancellationToken)
    {
        var known = _known;
        if (Current is { } current)
        {
            return ValueTask.FromResult(current);
        }

        Task<EngineMethods> reading;
        lock (_gate)
        {
            // On a thread of its own context: it serves more than the turn that happens to come first.
            reading = _reading ??= Task.Run(ReadAsync, CancellationToken.None);
        }

        return known is not null ? ValueTask.FromResult(known.Methods) : new ValueTask<EngineMethods>(reading.WaitAsync(cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task? reading;
        lock (_gate)
        {
            reading = _reading;
        }

        if (reading is not null)
        {
            await reading;
        }
    }

    private async Task<EngineMethods> ReadAsync()
    {
        EngineMethods? methods = null;
        try
        {
            methods = await read(_stopping.Token);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The engine is being disposed; those who wait leave with their own turns.
        }

        lock (_gate)
        {
            var until = time.GetTimestamp() + (long)((methods is null ? Pause : Fresh).TotalSeconds * time.TimestampFrequency);
            _known = new Known(methods ?? _known?.Methods ?? EngineMethods.Unknown(isAdk: false), until);
            _reading = null;
            return _known.Methods;
        }
    }

    private sealed record Known(EngineMethods Methods, long Until);
}
