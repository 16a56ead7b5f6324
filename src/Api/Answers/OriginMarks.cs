using System.Globalization;
using System.Text.Json;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

namespace Sluice.Api.Answers;

/// <summary>
/// Tells where an answer comes from: the engine and region where there are several, and always what a caller would not expect, a moved session or something in
/// its engine's place.
/// </summary>
internal sealed class OriginMarks(EngineFacts engines)
{
    public const string RegionName = "X-Engine-Region";
    public const string MovedFromName = "X-Engine-Moved-From";
    public const string FallbackName = "X-Fallback";
    public const string CacheName = "X-Cache";

    /// <summary>Which engine and region answered is worth telling.</summary>
    public bool TellsPlaces => engines.HasSeveralPlaces;

    /// <summary>There is something to tell.</summary>
    public bool Tells(ServedBy origin) => TellsPlaces || origin is not { MovedFrom: null, Fallback: null, Cache: null, Age: null };

    /// <param name="response">Its head has not been sent.</param>
    /// <param name="origin">Null when it is not known, or no engine was reached.</param>
    public void Set(HttpResponse response, ServedBy? origin)
    {
        if (origin is null)
        {
            return;
        }

        var headers = response.Headers;
        if (TellsPlaces && origin.Region.Length > 0)
        {
            headers[RegionName] = origin.Region;
        }

        if (origin.MovedFrom is { } former)
        {
            headers[MovedFromName] = former;
        }

        if (origin.Fallback is { } fallback)
        {
            headers[FallbackName] = fallback;
        }

        if (origin.Cache is { } cache)
        {
            headers[CacheName] = Core.Telemetry.NameOf(cache).ToUpperInvariant();
        }

        if (origin.Age is { } age)
        {
            headers.Age = SecondsOf(age).ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Writes properties into the object that is open.</summary>
    public void Write(Utf8JsonWriter json, ServedBy? origin)
    {
        if (origin is null)
        {
            return;
        }

        if (TellsPlaces)
        {
            json.WriteString("engine"u8, origin.Engine);
            if (origin.Region.Length > 0)
            {
                json.WriteString("region"u8, origin.Region);
            }
        }

        if (origin.MovedFrom is { } former)
        {
            json.WriteString("moved_from"u8, former);
        }

        if (origin.Fallback is { } fallback)
        {
            json.WriteString("fallback"u8, fallback);
        }

        if (origin.Cache is { } cache)
        {
            json.WriteString("cache"u8, Core.Telemetry.NameOf(cache));
        }

        if (origin.Age is { } age)
        {
            json.WriteNumber("age_s"u8, SecondsOf(age));
        }
    }

    private static long SecondsOf(TimeSpan age) => (long)age.TotalSeconds;
}
