using Sluice.Core.Engines.Fallbacks;
using Sluice.Vertex;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>The engines by name: those of <c>Sluice:Engines</c>, and the default one, which <c>Sluice:Engine</c> may describe as well.</summary>
internal static class EngineList
{
    // Each engine has connections, circuits and a bulkhead of its own. More than these are a file gone wrong.
    private const int MostEngines = 16;
    private const int MostRegions = 8;
    private const int MostFallbacks = 8;

    public static readonly SettingSection Section = new("Engines", "More engines, and more regions of an engine");

    private static readonly Setting<EngineName?> RegionName = Section.Add(
        "<name>:Regions:<n>:Name", EngineOptions.ResourceName, null,
        "Full resource name of the engine in its region number n, from 0, in order of preference: at most 8, each in a location of its own. Requests choose the "
            + "engine as <name>, of at most 63 of a-z, 0-9 and -; at most 16. The one called default may be given here or by Sluice:Engine:Name.");

    private static readonly Setting<Uri?> RegionEndpoint = Section.Add(
        "<name>:Regions:<n>:Endpoint", EngineOptions.SafeBaseUrl, null,
        "Base URL instead of Google's for that region. A plain http loopback address is called without credentials.");

    private static readonly Setting<DialectChoice> Dialect = Section.Add(
        "<name>:Dialect", Choice<DialectChoice>(), DialectChoice.Auto,
        "How the engine wants to be called, as Sluice:Engine:Dialect. All other Sluice:Engine settings hold for every engine.");

    private static readonly Setting<bool> SafeToRepeat = Section.Add(
        "<name>:SafeToRepeat", Switch, false,
        "This engine's agent has, or has not, side effects, whatever Sluice:Resilience:SafeToRepeat says of all.");

    private static readonly Setting<FallbackChoice?> Fallback = Section.Add(
        "<name>:Fallbacks:<n>", FallbackForm.Form, null,
        "What answers in the engine's place when it certainly has not begun, in order; always marked. At most 8.");

    /// <param name="settings">What is configured.</param>
    /// <param name="single">The default engine as <c>Sluice:Engine</c> describes it; without regions when it does not.</param>
    /// <param name="said">The settings by which it does, of those that may be said only once.</param>
    public static IReadOnlyList<NamedEngineOptions> Read(SettingReader settings, NamedEngineOptions single, SinglySaid said)
    {
        var names = settings.PartsOf(RegionName);
        var engines = new List<NamedEngineOptions>();
        foreach (var name in names)
        {
            if (!NamedEngineOptions.IsName(name))
            {
                settings.Refuse(FirstUnder(settings, name), $"'{name}' is no name for an engine: 1 to 63 of a-z, 0-9 and -");
            }
            else if (name != NamedEngineOptions.Default)
            {
                engines.Add(ReadOne(settings, name));
            }
        }

        var byDefault = names.Contains(NamedEngineOptions.Default) ? ReadDefault(settings, single, said) : single;
        Judge(settings, byDefault, engines);
        return byDefault.Regions.Count == 0 ? [] : [byDefault, .. engines];
    }

    /// <summary>Reads and checks what can be checked of fallbacks without the other engines.</summary>
    public static IReadOnlyList<FallbackChoice> ReadFallbacks(SettingReader settings, Setting<FallbackChoice?> setting)
    {
        var choices = new List<FallbackChoice>();
        foreach (var at in settings.PartsOf(setting).Select(setting.At))
        {
            if (settings.Get(at) is not { } choice)
            {
                continue;
            }

            if (choices.Contains(choice))
            {
                settings.Refuse(at, "is said twice");
            }
            else if (choices is [.., { Kind: FallbackKind.Text }])
            {
                settings.Refuse(at, "comes behind a text, which always answers");
            }
            else if (choices.Count == MostFallbacks)
            {
                settings.Refuse(at, $"an engine has at most {MostFallbacks} fallbacks");
            }

            choices.Add(choice);
        }

        return choices;
    }

    private static NamedEngineOptions ReadOne(SettingReader settings, string name)
    {
        var regions = ReadRegions(settings, name);
        if (regions.Count == 0 && settings.PartsOf(RegionName.At(name)).Count == 0)
        {
            settings.Refuse(FirstUnder(settings, name), $"the engine is nowhere: set {RegionName.At(name).At("0").Key}");
        }

        return new NamedEngineOptions(name, regions)
        {
            Dialect = settings.Get(Dialect.At(name)),
            SafeToRepeat = ReadSafeToRepeat(settings, name),
            Fallbacks = ReadFallbacks(settings, Fallback.At(name)),
        };
    }

    // Each thing may be said in either place, and not in both: there is no telling which was meant.
    private static NamedEngineOptions ReadDefault(SettingReader settings, NamedEngineOptions single, SinglySaid said)
    {
        const string Name = NamedEngineOptions.Default;
        var regions = ReadRegions(settings, Name);
        var fallbacks = ReadFallbacks(settings, Fallback.At(Name));
        var dialect = Dialect.At(Name);
        if (regions.Count > 0)
        {
            foreach (var place in said.Places)
            {
                RefuseBoth(settings, place, FirstUnder(settings, $"{Name}:Regions"));
            }
        }

        if (fallbacks.Count > 0 && single.Fallbacks.Count > 0)
        {
            RefuseBoth(settings, said.Fallbacks, FirstUnder(settings, $"{Name}:Fallbacks"));
        }

        if (settings.IsSet(dialect) && said.Dialect is { } other)
        {
            RefuseBoth(settings, other, dialect.Key);
        }

        return single with
        {
            Regions = regions.Count > 0 ? regions : single.Regions,
            Dialect = settings.IsSet(dialect) ? settings.Get(dialect) : single.Dialect,
            SafeToRepeat = ReadSafeToRepeat(settings, Name),
            Fallbacks = fallbacks.Count > 0 ? fallbacks : single.Fallbacks,
        };
    }

    private static bool? ReadSafeToRepeat(SettingReader settings, string name) =>
        settings.IsSet(SafeToRepeat.At(name)) ? settings.Get(SafeToRepeat.At(name)) : null;

    private static List<EngineRegionOptions> ReadRegions(SettingReader settings, string name)
    {
        var regions = new List<EngineRegionOptions>();
        foreach (var number in settings.PartsOf(RegionName.At(name)))
        {
            var at = RegionName.At(name).At(number);
            var endpoint = RegionEndpoint.At(name).At(number);
            if (settings.Get(at) is not { } resource)
            {
                if (!settings.IsSet(at))
                {
                    settings.Refuse(endpoint, $"the region has no engine: set {at.Key}");
                }

                continue;
            }

            if (regions.Count == MostRegions)
            {
                settings.Refuse(at, $"an engine has at most {MostRegions} regions");
            }

            if (regions.Any(region => region.Name.Location == resource.Location))
            {
                settings.Refuse(at, $"the engine has a region in {resource.Location} already");
            }

            var region = new EngineRegionOptions(resource, settings.Get(endpoint));
            if (regions is [var first, ..] && first.IsPlain != region.IsPlain)
            {
                // One engine has one source of tokens, and none of them goes over plain http.
                settings.Refuse(region.IsPlain ? endpoint : at, "the regions of an engine are all reached by https, or all by http on loopback");
            }

            regions.Add(region);
        }

        return regions;
    }

    private static void Judge(SettingReader settings, NamedEngineOptions byDefault, IReadOnlyList<NamedEngineOptions> others)
    {
        if (others.Count > 0 && byDefault.Regions.Count == 0 && settings.Problems.Count == 0)
        {
            settings.Refuse(
                FirstUnder(settings, others[0].Name),
                $"there are engines and none is the default: set AGENT_ENGINE_NAME or {RegionName.At(NamedEngineOptions.Default).At("0").Key}");
        }

        if (others.Count >= MostEngines)
        {
            settings.Refuse(FirstUnder(settings, others[MostEngines - 1].Name), $"there may be {MostEngines} engines");
        }

        foreach (var engine in others.Prepend(byDefault))
        {
            foreach (var other in engine.Fallbacks.Where(choice => choice.Kind == FallbackKind.Engine).Select(choice => choice.Value))
            {
                if (other == engine.Name)
                {
                    settings.Refuse(PlaceOf(settings, engine, other), "an engine cannot stand in for itself");
                }
                else if (other != byDefault.Name && others.All(one => one.Name != other))
                {
                    settings.Refuse(PlaceOf(settings, engine, other), $"there is no engine called '{other}'");
                }
            }
        }
    }

    // Where a fallback to another engine was written.
    private static string PlaceOf(SettingReader settings, NamedEngineOptions engine, string other)
    {
        var written = new List<Setting<FallbackChoice?>>(settings.PartsOf(Fallback.At(engine.Name)).Select(Fallback.At(engine.Name).At));
        if (engine.Name == NamedEngineOptions.Default)
        {
            written.AddRange(settings.PartsOf(EngineOptions.FallbackSetting).Select(EngineOptions.FallbackSetting.At));
        }

        return written.First(setting => settings.Get(setting) is { Kind: FallbackKind.Engine } choice && choice.Value == other).Key;
    }

    private static string FirstUnder(SettingReader settings, string under) => settings.FirstUnder($"{Setting.Root}:{Section.Name}:{under}");

    private static void RefuseBoth(SettingReader settings, string key, string other) =>
        settings.Refuse(key, $"{settings.Place(other)} says it as well; one of them has to go");
}

/// <summary>Keys under <c>Sluice:Engine</c> that are set, of those that <c>Sluice:Engines:default</c> has too.</summary>
/// <param name="Places">Where the engine is.</param>
/// <param name="Dialect">Null when it is not set.</param>
/// <param name="Fallbacks">The first of the fallbacks.</param>
internal sealed record SinglySaid(IReadOnlyList<string> Places, string? Dialect, string Fallbacks);
