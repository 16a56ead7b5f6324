namespace Sluice.Vertex.Regions;

/// <summary>A set of an engine's regions, by their place in its order.</summary>
internal readonly record struct RegionSet(uint Bits)
{
    /// <summary>As many as there are bits, and more than Google has for Agent Engine.</summary>
    public const int MaxRegions = 32;

    public bool Has(int region) => (Bits & (1u << region)) != 0;

    public RegionSet With(int region) => new(Bits | (1u << region));
}

/// <summary>Which region a turn goes to. Pure.</summary>
internal static class RegionRules
{
    public const int None = -1;

    /// <param name="lets">The regions whose circuits would let the turn through.</param>
    /// <param name="home">The region that holds the engine's session; <see cref="None"/>: none does.</param>
    /// <param name="left">The regions this turn has failed in and moved on from.</param>
    /// <param name="regions">How many there are.</param>
    /// <returns>The region, or <see cref="None"/>.</returns>
    public static int Choose(RegionSet lets, int home, RegionSet left, int regions)
    {
        if (home != None && lets.Has(home) && !left.Has(home))
        {
            return home;
        }

        for (var region = 0; region < regions; region++)
        {
            if (lets.Has(region) && !left.Has(region))
            {
                return region;
            }
        }

        return None;
    }
}
