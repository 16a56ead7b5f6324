using System.Collections.Frozen;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;

namespace Sluice.Core.Engines;

/// <summary>An engine as it is configured.</summary>
/// <param name="Name">Chosen by <c>engine</c> in a request.</param>
/// <param name="Engine">Runs its turns. Owned by the directory.</param>
public sealed record NamedEngine(string Name, IEngine Engine)
{
    /// <summary>Other names requests may use for it.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>What stands in for it when it certainly has not begun a turn, in this order. Default none.</summary>
    public IReadOnlyList<FallbackChoice> Fallbacks { get; init; } = [];
}

/// <summary>All engines there are: gives each turn to the one its request names. Thread-safe.</summary>
public sealed class EngineDirectory : IEngine, IEngineHealth, IAsyncDisposable
{
    private readonly IReadOnlyList<NamedEngine> _engines;
    private readonly FrozenDictionary<string, IEngine> _byName;
    private readonly IEngine _default;
    private readonly List<CachedEngine> _cached = [];
    private readonly IDisposable? _watch;
    private readonly bool _gives;
    private int _isDisposed;

    /// <param name="engines">At least one; the first is the default. A name wins over an alias.</param>
    /// <param name="cache">Where the answers are kept that are given again, instead of asking or by <see cref="FallbackKind.Stale"/>; null when none are and no engine has that fallback.</param>
    /// <exception cref="ArgumentException">There is no engine, or a fallback names one that is not there.</exception>
    public EngineDirectory(IReadOnlyList<NamedEngine> engines, AnswerCache? cache = null)
    {
        if (engines.Count == 0)
        {
            throw new ArgumentException("A directory has at least one engine.", nameof(engines));
        }

        _engines = engines;
        _gives = cache is not null && cache.Policy.Ttl > TimeSpan.Zero;
        var itself = engines.ToDictionary(engine => engine.Name, engine => engine.Engine, StringComparer.Ordinal);
        var guarded = new Dictionary<string, IEngine>(StringComparer.Ordinal);
        foreach (var engine in engines)
        {
            guarded[engine.Name] = Cached(engine, engine.Fallbacks.Count == 0 ? engine.Engine : FallbackEngine.Of(engine, itself, cache), cache);
        }

        _watch = cache is null ? null : Telemetry.Watch(cache);

        _default = guarded[engines[0].Name];
        foreach (var engine in engines)
        {
            foreach (var alias in engine.Aliases)
            {
                guarded.TryAdd(alias, guarded[engine.Name]);
            }
        }

        _byName = guarded.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyList<RegionHealth> Regions => [.. _engines.Select(engine => engine.Engine).OfType<IEngineHealth>().SelectMany(health => health.Regions)];

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => turn.Request switch
    {
        { CacheControl.OnlyIfCached: true } when !_gives => new(EngineOutcome.Failed(CachedEngine.NotCached)),
        { Engine: null } => _default.RunAsync(turn, cancellationToken),
        { Engine: { } name } when _byName.TryGetValue(name, out var engine) => engine.RunAsync(turn, cancellationToken),

        // The front end lets no such name in; a turn accepted before a restart can still have one.
        { Engine: { } name } => new(EngineOutcome.Failed(new EngineFault(FaultKind.NotConfigured, $"No engine called '{name}' is configured."))),
    };

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) => turn.Request.Engine switch
    {
        _ when turn.Request.CacheControl.OnlyIfCached && !_gives => RunAsync(turn, cancellationToken),
        null => _default.ResumeAsync(turn, cancellationToken),
        var name when _byName.TryGetValue(name, out var engine) => engine.ResumeAsync(turn, cancellationToken),
        var name => new(EngineOutcome.Failed(new EngineFault(FaultKind.Interrupted, $"The gateway that ran the turn stopped before its end, and no engine called '{name}' is configured any more."))),
    };

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _watch?.Dispose();
        foreach (var engine in _cached)
        {
            await engine.DisposeAsync();
        }

        foreach (var engine in _engines.Select(engine => engine.Engine).OfType<IAsyncDisposable>())
        {
            await engine.DisposeAsync();
        }
    }

    private IEngine Cached(NamedEngine engine, IEngine guarded, AnswerCache? cache)
    {
        var standsIn = engine.Fallbacks.Any(choice => choice.Kind == FallbackKind.Stale);
        if (cache is null || (cache.Policy.Ttl == TimeSpan.Zero && !standsIn))
        {
            return guarded;
        }

        var cached = new CachedEngine(engine, guarded, cache, standsIn);
        _cached.Add(cached);
        return cached;
    }
}
