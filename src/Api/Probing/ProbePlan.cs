using Sluice.Api.Configuration;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Probing;

/// <summary>What a probe asks, and how long it waits.</summary>
internal sealed record ProbePlan
{
    /// <summary>Sent as <c>Authorization: Bearer</c>: an API key or an identity token.</summary>
    public const string TokenVariable = "SLUICE_PROBE_TOKEN";

    /// <summary>Sent as <c>X-Serverless-Authorization: Bearer</c>, which Cloud Run takes for itself when the other one is for the gateway.</summary>
    public const string PlatformTokenVariable = "SLUICE_PROBE_PLATFORM_TOKEN";

    private static readonly Form<TimeSpan> Timeout = Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10));
    private static readonly Form<string?> Question = Text("a text of 1 to 1000 characters", 1000, static text => text.Length > 0);

    public required Uri Url { get; init; }

    /// <summary>For each answer that asks no engine. Default: health_timeout_s of infra/slo.yaml.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>For each turn, to its end. Default: invoke_timeout_s of infra/slo.yaml.</summary>
    public TimeSpan InvokeTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public string Text { get; init; } = "ping";

    public string? Token { get; init; }

    public string? PlatformToken { get; init; }

    /// <returns>What is wrong with it; null: nothing.</returns>
    public static string? TryRead(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, out ProbePlan plan)
    {
        plan = new ProbePlan { Url = null! };
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i];
            if (!name.StartsWith('-'))
            {
                if (plan.Url is not null)
                {
                    return $"one URL at a time: '{name}' is a second one";
                }

                if (!BaseUrl.TryParse(name, out var url))
                {
                    return $"'{name}' is not {BaseUrl.Description}";
                }

                plan = plan with { Url = url! };
            }
            else if (i + 1 == arguments.Count)
            {
                return $"{name} needs a value";
            }
            else if (With(plan, name, arguments[++i], out plan) is { } wrong)
            {
                return wrong;
            }
        }

        if (plan.Url is null)
        {
            return "there is no URL to probe";
        }

        plan = plan with { Token = Secret(environment, TokenVariable), PlatformToken = Secret(environment, PlatformTokenVariable) };
        return (plan.Token ?? plan.PlatformToken) is not null && plan.Url.Scheme == Uri.UriSchemeHttp && !plan.Url.IsLoopback
            ? "credentials are not sent over plain http: use https"
            : null;
    }

    private static string? With(ProbePlan plan, string name, string value, out ProbePlan changed)
    {
        changed = plan;
        switch (name)
        {
            case "--health-timeout" or "--invoke-timeout":
                if (!Timeout.TryParse(value, out var timeout))
                {
                    return $"{name}: '{value}' is not {Timeout.Description}";
                }

                changed = name == "--health-timeout" ? plan with { HealthTimeout = timeout } : plan with { InvokeTimeout = timeout };
                return null;
            case "--text":
                if (!Question.TryParse(value, out var text))
                {
                    return $"{name} is not {Question.Description}";
                }

                changed = plan with { Text = text! };
                return null;
            default:
                return $"there is no option '{name}'; there are --health-timeout, --invoke-timeout and --text";
        }
    }

    private static string? Secret(IReadOnlyDictionary<string, string> environment, string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}
