namespace Sluice.Core.Tests;

/// <summary>Tests that measure, a time or what is left in the process: nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "Alone";
}
