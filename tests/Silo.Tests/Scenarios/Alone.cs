namespace Sluice.Silo.Tests.Scenarios;

/// <summary>Scenarios take the whole machine: one at a time, and nothing of this assembly beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
