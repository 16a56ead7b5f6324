using Sluice.Core.Engines.Fallbacks;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>The bounds of the answers kept for the fallback <c>stale</c>, as <see cref="StaleLimits"/> declares them.</summary>
internal static class StaleOptions
{
    public static readonly SettingSection Section = new("Stale", "Answers kept for the fallback stale; none are kept unless an engine has it");

    private static readonly StaleLimits Unset = new();

    private static readonly Setting<int> Answers = Section.Add(
        "Answers", Count(1, 1_000_000), Unset.Answers,
        "Answers kept, in memory. At the bound the one used longest ago goes.");

    private static readonly Setting<long> Bytes = Section.Add(
        "Bytes", Size(64 * 1024, 16L * 1024 * 1024 * 1024), Unset.Bytes,
        "Bytes of answers kept. At the bound the one used longest ago goes; an answer above 1MiB is not kept.");

    private static readonly Setting<TimeSpan> MaxAge = Section.Add(
        "MaxAge", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(30)), Unset.MaxAge,
        "How old an answer may be that is given again.");

    public static StaleLimits Read(SettingReader settings) => new()
    {
        Answers = settings.Get(Answers),
        Bytes = settings.Get(Bytes),
        MaxAge = settings.Get(MaxAge),
    };
}
