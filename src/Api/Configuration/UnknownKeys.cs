namespace Sluice.Api.Configuration;

/// <summary>A misspelled key would otherwise be a default that nobody notices.</summary>
internal static class UnknownKeys
{
    public static void Refuse(IConfigurationRoot configuration, IReadOnlyCollection<Setting> settings, SettingReader reader)
    {
        var known = settings.Select(setting => setting.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var open = settings.Where(setting => setting.IsOpen).Select(setting => setting.Key).ToArray();
        foreach (var (key, value) in configuration.GetSection(Setting.Root).AsEnumerable())
        {
            if (value is not null && !known.Contains(key) && !open.Any(pattern => KeyPattern.Matches(pattern, key)))
            {
                var nearest = known.MinBy(candidate => Distance(candidate, key))!;
                reader.Refuse(key, $"there is no such setting; the nearest is {nearest}");
            }
        }
    }

    /// <summary>How many letters have to be put in, taken out or replaced (Levenshtein), whatever their case.</summary>
    private static int Distance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
