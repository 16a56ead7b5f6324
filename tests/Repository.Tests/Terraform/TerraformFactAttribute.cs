namespace Sluice.Repository.Tests.Terraform;

/// <summary>A fact that runs Terraform. Debian has no package of it: where it is not installed the fact is skipped, and the workflow of the same name checks the same.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TerraformFactAttribute : FactAttribute
{
    public TerraformFactAttribute()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Any(folder => File.Exists(Path.Combine(folder, "terraform"))))
        {
            Skip = "terraform is not installed; .github/workflows/terraform.yml checks the same.";
        }
    }
}
