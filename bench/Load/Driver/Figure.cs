namespace Sluice.Bench.Driver;

/// <summary>How the gateway is compared with the comparator.</summary>
internal enum Comparison
{
    /// <summary>Gateway divided by comparator.</summary>
    Ratio,

    /// <summary>Gateway minus comparator.</summary>
    Difference,

    /// <summary>The gateway alone.</summary>
    Absolute,
}

/// <summary>A column of a scenario worth a line in the table, and what it should be.</summary>
/// <param name="Name">With its unit.</param>
/// <param name="Comparison">What the aim is about.</param>
/// <param name="Aim">The bound; null when the figure is only shown.</param>
/// <param name="AtLeast">The bound is a lower one.</param>
internal sealed record Figure(string Name, Comparison Comparison, double? Aim, bool AtLeast = false);
