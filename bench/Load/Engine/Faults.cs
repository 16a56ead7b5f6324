namespace Sluice.Bench.Engine;

/// <summary>Which calls the engine answers 503 without having begun: a share of them, drawn from a seed, so that every engine fails the same calls.</summary>
internal sealed class Faults(int percent)
{
    public static readonly Faults None = new(0);

#pragma warning disable CA5394 // Which call fails is no secret; a fixed seed makes every run alike.
    private readonly Random _draws = new(17);

    public bool Strike() => percent > 0 && _draws.Next(100) < percent;
#pragma warning restore CA5394
}
