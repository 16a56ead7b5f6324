namespace Sluice.Repository.Tests.Terraform;

public sealed class WorkflowTests
{
    private static readonly string Text = File.ReadAllText(RepositoryRoot.Combine(".github", "workflows", "terraform.yml"));

    [Fact]
    public void Every_environment_is_validated_with_its_providers()
    {
        foreach (var environment in TerraformFolder.All.Where(folder => folder.Path.StartsWith("envs/", StringComparison.Ordinal)))
        {
            Text.ShouldContain($"- {environment.Path}\n");
        }

        Text.ShouldContain("terraform fmt -check -recursive");
        Text.ShouldContain("init -backend=false");
        Text.ShouldContain("validate");
    }

    [Fact]
    public void It_may_read_the_code_and_nothing_else() => Text.ShouldContain("permissions:\n  contents: read\n");
}
