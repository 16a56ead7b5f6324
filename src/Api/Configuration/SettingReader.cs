using Microsoft.Extensions.Configuration.Json;

namespace Sluice.Api.Configuration;

/// <summary>Reads settings and collects what is wrong with them, so that all of it is told at once.</summary>
internal sealed class SettingReader(IConfigurationRoot configuration)
{
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    public T Get<T>(Setting<T> setting)
    {
        // Set to nothing is not set: deployment tools pass empty variables for values they do not have.
        if (configuration[setting.Key] is not { Length: > 0 } text)
        {
            return setting.Default;
        }

        if (setting.TryParse(text, out var value))
        {
            return value;
        }

        Refuse(setting, setting.IsSecret ? $"is not {setting.Form}" : $"'{Printable(text)}' is not {setting.Form}");
        return setting.Default;
    }

    /// <summary>Whether anything is set, also if it is what would hold anyway.</summary>
    public bool IsSet(Setting setting) => configuration[setting.Key] is { Length: > 0 };

    /// <summary>What was put in the first open place of the setting's key, in order, numbers by their size.</summary>
    public IReadOnlyList<string> PartsOf(Setting setting) =>
        [.. configuration.GetSection(KeyPattern.Head(setting.Key)).GetChildren().Where(HasValue).Select(child => child.Key)];

    /// <summary>The first key that is set at or under <paramref name="key"/>; itself when there is none.</summary>
    public string FirstUnder(string key) => configuration.GetSection(key).AsEnumerable()
        .Where(pair => pair.Value is { Length: > 0 })
        .Select(pair => pair.Key)
        .Order(StringComparer.Ordinal)
        .FirstOrDefault(key);

    /// <summary>For rules that take more than one setting to tell.</summary>
    public void Refuse(Setting setting, string why) => Refuse(setting.Key, why);

    public void Refuse(string key, string why)
    {
        // A setting that two others look at is still one problem.
        var problem = $"{Place(key)}: {why}";
        if (!_problems.Contains(problem))
        {
            _problems.Add(problem);
        }
    }

    /// <summary>A value as it came from outside the gateway's own keys, such as OTEL_SERVICE_NAME.</summary>
    public string? Foreign(string name) => configuration[name] is { Length: > 0 } text ? text : null;

    /// <summary>Where the value in force was written: the reader has to find it there to mend it.</summary>
    public string Place(string key)
    {
        foreach (var provider in configuration.Providers.Reverse())
        {
            if (!provider.TryGet(key, out var value) || value is null)
            {
                continue;
            }

            return provider switch
            {
                SpelledValues spelled => $"{spelled.SpellingOf(key)} ({key})",
                JsonConfigurationProvider json => $"{key} in {json.Source.Path}",
                _ => key,
            };
        }

        return key;
    }

    private static bool HasValue(IConfigurationSection section) => section.AsEnumerable().Any(pair => pair.Value is { Length: > 0 });

    private static string Printable(string text)
    {
        const int Enough = 200;
        var shown = text.Length > Enough ? string.Concat(text.AsSpan(0, Enough), "...") : text;
        return string.Create(shown.Length, shown, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
