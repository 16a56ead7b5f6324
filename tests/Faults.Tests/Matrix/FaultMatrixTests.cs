namespace Sluice.Faults.Tests.Matrix;

/// <summary>Every fault an engine can have, however it is met: what comes out is what is written in <see cref="FaultMatrix"/>.</summary>
public sealed class FaultMatrixTests(FaultStage stage) : IClassFixture<FaultStage>
{
    public static TheoryData<string> Faults { get; } = [.. FaultMatrix.Rows.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Fault_comes_out_as_it_is_written(string fault)
    {
        var problems = await stage.ProblemsOfAsync(fault);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }
}
