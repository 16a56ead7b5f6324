namespace Sluice.Api.Hosting;

/// <summary>One thing without which the gateway cannot serve.</summary>
/// <param name="Name">Which, as told to the outside.</param>
/// <param name="Reason">Why not, for a person to act on; null when it is there.</param>
internal readonly record struct Readiness(string Name, string? Reason)
{
    public bool IsReady => Reason is null;

    public static Readiness Ready(string name) => new(name, null);
}

/// <summary>Answers at once, from what is known: probes come every few seconds and must not cost an engine call.</summary>
internal interface IReadinessCheck
{
    Readiness Check();
}
