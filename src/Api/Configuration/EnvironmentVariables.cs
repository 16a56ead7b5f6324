namespace Sluice.Api.Configuration;

/// <summary>
/// The environment as configuration: the settings' own variables, <c>Sluice__...</c> and <c>Logging__...</c> with two underscores for a colon, and what
/// the platform and OpenTelemetry say. Nothing else is taken: a variable of another program must not become a setting by its name.
/// </summary>
internal static class EnvironmentVariables
{
    public static SpelledValues Read(IReadOnlyDictionary<string, string> environment)
    {
        var values = new SpelledValues();
        foreach (var (name, value) in environment)
        {
            if (name.StartsWith("OTEL_", StringComparison.Ordinal)
                || name is "K_SERVICE" or "K_REVISION" or "GCE_METADATA_HOST")
            {
                values.Add(name, value, name);
            }
        }

        if (environment.TryGetValue("ASPNETCORE_URLS", out var urls))
        {
            values.Add(WebHostDefaults.ServerUrlsKey, urls, "ASPNETCORE_URLS");
        }

        foreach (var setting in GatewayOptions.Settings)
        {
            foreach (var variable in setting.Variables)
            {
                if (environment.TryGetValue(variable, out var value) && value.Length > 0)
                {
                    values.Add(setting.Key, value, variable);
                    break;
                }
            }
        }

        // Last, so that they win: who writes the longer name means the gateway and nothing else.
        foreach (var (name, value) in environment)
        {
            var ours = name.StartsWith("Sluice__", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Logging__", StringComparison.OrdinalIgnoreCase);
            if (ours && value.Length > 0)
            {
                values.Add(name.Replace("__", ":", StringComparison.Ordinal), value, name);
            }
        }

        return values;
    }

    /// <summary>The variables of this process.</summary>
    public static IReadOnlyDictionary<string, string> OfThisProcess()
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            variables[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return variables;
    }
}
