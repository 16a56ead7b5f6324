using System.Buffers;
using Sluice.Core.Engines.Fallbacks;
using Sluice.Vertex;

namespace Sluice.Api.Configuration;

/// <summary>Where an engine is, in one of its regions.</summary>
/// <param name="Name">Its resource there.</param>
/// <param name="Endpoint">Null: Google's, for the name's location.</param>
internal sealed record EngineRegionOptions(EngineName Name, Uri? Endpoint)
{
    /// <summary>Reached over plain http.</summary>
    public bool IsPlain => Endpoint?.Scheme == Uri.UriSchemeHttp;
}

/// <summary>One engine that requests may choose.</summary>
/// <param name="Name">Chosen by <c>engine</c> in a request.</param>
/// <param name="Regions">In order of preference, at least one, each in a location of its own.</param>
internal sealed record NamedEngineOptions(string Name, IReadOnlyList<EngineRegionOptions> Regions)
{
    /// <summary>The engine of requests that choose none.</summary>
    public const string Default = "default";

    private const int LongestName = 63;
    private static readonly SearchValues<char> Letters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public DialectChoice Dialect { get; init; }

    /// <summary>The agent has no side effects; null: as is said of all engines.</summary>
    public bool? SafeToRepeat { get; init; }

    /// <summary>What stands in for it, in order.</summary>
    public IReadOnlyList<FallbackChoice> Fallbacks { get; init; } = [];

    public static bool IsName(string text) => text.Length is > 0 and <= LongestName && !text.AsSpan().ContainsAnyExcept(Letters);
}
