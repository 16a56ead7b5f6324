namespace Sluice.Rollout.Tests.Checks;

public sealed class LintTests
{
    [ToolFact("shellcheck")]
    public async Task Shellcheck_finds_nothing_in_the_scripts()
    {
        // The two commands follow what they are made of.
        var (code, output) = await Tool.RunAsync("shellcheck", "infra/rollout/rollout", "infra/rollout/rollback", "tests/Rollout.Tests/Scripts/gcloud", ".ci/run");

        code.ShouldBe(0, output);
    }

    [ToolFact("yamllint")]
    public async Task Yamllint_finds_nothing_in_the_workflows()
    {
        var (code, output) = await Tool.RunAsync("yamllint", "--strict", ".github/workflows");

        code.ShouldBe(0, output);
    }
}
