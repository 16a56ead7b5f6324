namespace Sluice.Bench.Driver;

/// <summary>A measurement that is one number, as it is kept in the raw figures.</summary>
internal sealed record SingleFigure(string Scenario, string Target, int Round, string Figure, double Value);
