using Sluice.Core.Engines.Caching;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.cache-control")]
internal struct CacheControlSurrogate
{
    [Id(0)]
    public bool NoCache;

    [Id(1)]
    public bool NoStore;

    [Id(2)]
    public bool OnlyIfCached;

    [Id(3)]
    public TimeSpan? MaxAge;

    [Id(4)]
    public TimeSpan? MinFresh;

    [Id(5)]
    public TimeSpan? MaxStale;
}

[RegisterConverter]
internal sealed class CacheControlConverter : IConverter<CacheControl, CacheControlSurrogate>
{
    public CacheControl ConvertFromSurrogate(in CacheControlSurrogate surrogate) => new()
    {
        NoCache = surrogate.NoCache,
        NoStore = surrogate.NoStore,
        OnlyIfCached = surrogate.OnlyIfCached,
        MaxAge = surrogate.MaxAge,
        MinFresh = surrogate.MinFresh,
        MaxStale = surrogate.MaxStale,
    };

    public CacheControlSurrogate ConvertToSurrogate(in CacheControl value) => new()
    {
        NoCache = value.NoCache,
        NoStore = value.NoStore,
        OnlyIfCached = value.OnlyIfCached,
        MaxAge = value.MaxAge,
        MinFresh = value.MinFresh,
        MaxStale = value.MaxStale,
    };
}
