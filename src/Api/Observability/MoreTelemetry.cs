namespace Sluice.Api.Observability;

/// <summary>What is exported besides the gateway's own, by name.</summary>
/// <param name="Sources">Of spans.</param>
/// <param name="Meters">Of metrics.</param>
internal sealed record MoreTelemetry(string[] Sources, string[] Meters);
