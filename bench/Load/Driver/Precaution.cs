namespace Sluice.Bench.Driver;

/// <summary>What a gateway does about a failing engine: its settings, else the defaults.</summary>
internal sealed record Precaution(string Name, IReadOnlyDictionary<string, string> Environment)
{
    private static readonly Dictionary<string, string> NoRetries = new(StringComparer.Ordinal) { ["Sluice__Resilience__MaxAttempts"] = "1" };

    // No load of this bench brings as many answers into the window of a circuit.
    private static readonly Dictionary<string, string> NoBreaker = new(StringComparer.Ordinal)
    {
        ["Sluice__Resilience__FailureRatio"] = "1",
        ["Sluice__Resilience__MinimumThroughput"] = "10000",
    };

    public static readonly Precaution[] All =
    [
        new("retries and breaker", new Dictionary<string, string>(StringComparer.Ordinal)),
        new("retries", NoBreaker),
        new("breaker", NoRetries),
        new("neither", NoBreaker.Concat(NoRetries).ToDictionary(StringComparer.Ordinal)),
    ];

    public Target Applied(Target gateway)
    {
        var environment = new Dictionary<string, string>(gateway.Environment, StringComparer.Ordinal)
        {
            // A failed turn is a warning: hundreds a second would be measured along.
            ["Logging__LogLevel__Default"] = "Error",

            // For the warm-up: each engine has circuits and a budget of its own, so what happens to this one leaves the measured one fresh.
            [$"Sluice__Engines__{PrecautionTrial.WarmUpEngine}__Regions__0__Name"] = "projects/bench/locations/us-central1/reasoningEngines/warmup",
            [$"Sluice__Engines__{PrecautionTrial.WarmUpEngine}__Regions__0__Endpoint"] = "http://{engine}",
        };
        foreach (var (key, value) in Environment)
        {
            environment[key] = value;
        }

        return gateway with { Name = $"gateway-{Name.Replace(' ', '-')}", Environment = environment };
    }
}
