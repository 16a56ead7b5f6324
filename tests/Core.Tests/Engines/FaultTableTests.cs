using Sluice.Core.Engines;

namespace Sluice.Core.Tests.Engines;

public sealed class FaultTableTests
{
    [Fact]
    public void Every_fault_has_its_own_row() =>
        FaultTable.All.Select(row => row.Kind).ShouldBe(Enum.GetValues<FaultKind>());

    [Fact]
    public void Codes_are_unique_and_in_snake_case()
    {
        FaultTable.All.Select(row => row.Code).ShouldBeUnique();
        FaultTable.All.ShouldAllBe(row => row.Code.All(c => char.IsAsciiLetterLower(c) || c == '_'));
    }

    [Fact]
    public void Every_fault_is_an_error_over_http() => FaultTable.All.ShouldAllBe(row => row.HttpStatus >= 400 && row.HttpStatus < 600);
}
