namespace Sluice.Repository.Tests.Terraform;

public sealed class IdentityTests
{
    private static readonly IReadOnlyList<HclBlock> Everywhere = [.. TerraformFolder.All.SelectMany(folder => folder.Resources)];

    [Fact]
    public void Nobody_is_let_in_whom_one_does_not_know()
    {
        foreach (var file in TerraformFolder.All.SelectMany(folder => folder.Files))
        {
            File.ReadAllText(file).ShouldNotContain("allUsers", Case.Insensitive, file);
            File.ReadAllText(file).ShouldNotContain("allAuthenticatedUsers", Case.Insensitive, file);
        }
    }

    [Fact]
    public void Roles_are_granted_to_members_and_never_taken_from_others()
    {
        // A binding or a policy is the whole list: it removes whom it does not name.
        Everywhere.Select(resource => resource.Labels[0]).ShouldNotContain(type => type.EndsWith("_iam_binding", StringComparison.Ordinal) || type.EndsWith("_iam_policy", StringComparison.Ordinal));
        Everywhere.Select(resource => resource.Labels[0]).ShouldNotContain("google_service_account_key");
    }

    [Fact]
    public void The_gateway_has_the_roles_it_needs_in_the_project_and_no_other_account_has_any()
    {
        var grants = Everywhere.Where(resource => resource.Labels[0] == "google_project_iam_member").ShouldHaveSingleItem();
        grants["member"].ShouldBe("google_service_account.gateway.member");
        grants["for_each"].ShouldBe("local.gateway_roles");

        var roles = TerraformFolder.At("modules/identity").Blocks.Single(block => block.Type == "locals")["gateway_roles"];
        RolesIn(roles).ShouldBe(
            ["roles/aiplatform.user", "roles/cloudtrace.agent", "roles/serviceusage.serviceUsageConsumer", "roles/monitoring.metricWriter"], ignoreOrder: true);
        roles.ShouldContain("""var.writes_metrics ? ["roles/monitoring.metricWriter"] : []""");
    }

    [Fact]
    public void Beside_these_only_what_is_named_here_is_granted() =>
        Everywhere.Where(resource => resource.Attributes.ContainsKey("role") && resource.Labels[0] != "google_project_iam_member")
            .Select(resource => $"{resource.Labels[0]}: {resource["role"].Trim('"')} to {resource["member"]}")
            .ShouldBe(
            [
                "google_cloud_run_v2_service_iam_member: roles/run.invoker to \"serviceAccount:${each.value.email}\"",
                "google_secret_manager_secret_iam_member: roles/secretmanager.secretAccessor to google_service_account.gateway.member",
                "google_service_account_iam_member: roles/iam.serviceAccountUser to \"serviceAccount:${var.deployer_email}\"",
                "google_service_account_iam_member: roles/iam.serviceAccountOpenIdTokenCreator to \"serviceAccount:${var.deployer_email}\"",
                "google_service_account_iam_member: roles/iam.workloadIdentityUser to \"serviceAccount:${var.project_id}.svc.id.goog[${var.namespace}/${var.namespace}]\"",
            ],
            ignoreOrder: true);

    [Theory]
    [InlineData("envs/dev")]
    [InlineData("envs/prod")]
    public void Only_the_agent_may_call_the_gateway_and_the_gateway_runs_as_itself(string environment)
    {
        var gateway = TerraformFolder.At(environment).Call("gateway");
        gateway["invokers"].ShouldBe("[module.identity.agent_email]");
        gateway["service_account_email"].ShouldBe("module.identity.gateway_email");
    }

    [Fact]
    public void Whoever_is_not_a_service_account_is_refused_as_a_caller_and_without_a_word_there_is_none()
    {
        var invokers = TerraformFolder.At("modules/cloud_run_gateway").Variable("invokers");
        invokers["default"].ShouldBe("[]");
        invokers.At("validation")["condition"].ShouldContain("gserviceaccount");
        TerraformFolder.At("modules/cloud_run_gateway").Resource("google_cloud_run_v2_service", "face")["invoker_iam_disabled"].ShouldBe("false");
    }

    private static IEnumerable<string> RolesIn(string expression) => expression.Split('"').Where(part => part.StartsWith("roles/", StringComparison.Ordinal));
}
