namespace Sluice.Api.Endpoints;

/// <summary>Whether this process should be sent requests: it should when nothing that it needs is missing.</summary>
internal sealed class Readiness(IEnumerable<IReadiness> needs)
{
    private readonly IReadiness[] _needs = [.. needs];

    /// <summary>All that is missing, for the operator; null when ready.</summary>
    public string? WhyNot
    {
        get
        {
            List<string>? reasons = null;
            foreach (var need in _needs)
            {
                if (need.WhyNot is { } reason)
                {
                    (reasons ??= []).Add(reason);
                }
            }

            return reasons is null ? null : string.Join(' ', reasons);
        }
    }
}
