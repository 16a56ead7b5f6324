using System.Globalization;
using Microsoft.Extensions.Primitives;
using Sluice.Core.Engines.Caching;

namespace Sluice.Api.Requests;

/// <summary>
/// The Cache-Control header of a request (RFC 9111, section 5.2.1). A directive that is not known, or malformed, is passed over.
/// </summary>
internal static class CacheDirectives
{
    // RFC 9111, section 1.2.2: what is larger counts as this.
    private const int LargestSeconds = int.MaxValue;

    public static CacheControl Read(HttpRequest request)
    {
        var control = default(CacheControl);
        foreach (var line in request.Headers.CacheControl)
        {
            foreach (var directive in new StringTokenizer(line ?? "", [',']))
            {
                control = With(control, directive.AsSpan().Trim());
            }
        }

        return control;
    }

    private static CacheControl With(in CacheControl control, ReadOnlySpan<char> directive)
    {
        var equals = directive.IndexOf('=');
        var name = equals < 0 ? directive : directive[..equals];
        var argument = equals < 0 ? default : directive[(equals + 1)..];
        Span<char> lower = stackalloc char["only-if-cached".Length];
        return name.ToLowerInvariant(lower) switch
        {
            < 0 => control,
            var length => lower[..length] switch
            {
                "no-cache" => control with { NoCache = true },
                "no-store" => control with { NoStore = true },
                "only-if-cached" => control with { OnlyIfCached = true },
                "max-age" when Seconds(argument) is { } seconds => control with { MaxAge = Least(control.MaxAge, seconds) },
                "min-fresh" when Seconds(argument) is { } seconds => control with { MinFresh = Most(control.MinFresh, seconds) },
                "max-stale" when equals < 0 => control with { MaxStale = control.MaxStale ?? TimeSpan.MaxValue },
                "max-stale" when Seconds(argument) is { } seconds => control with { MaxStale = Least(control.MaxStale, seconds) },
                _ => control,
            },
        };
    }

    // Of a directive that is said twice the stricter counts.
    private static TimeSpan Least(TimeSpan? former, TimeSpan seconds) => former < seconds ? former.Value : seconds;

    private static TimeSpan Most(TimeSpan? former, TimeSpan seconds) => former > seconds ? former.Value : seconds;

    private static TimeSpan? Seconds(ReadOnlySpan<char> argument)
    {
        var digits = argument is ['"', .. var quoted, '"'] ? quoted : argument;
        return digits.Length == 0 || digits.ContainsAnyExceptInRange('0', '9') ? null
            : TimeSpan.FromSeconds(int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : LargestSeconds);
    }
}
