namespace Sluice.Repository.Tests.Terraform;

public sealed class EnvironmentTests
{
    public static TheoryData<string> Environments => [.. TerraformFolder.All.Select(folder => folder.Path).Where(path => path.StartsWith("envs/", StringComparison.Ordinal))];

    [Fact]
    public void There_is_one_to_try_things_and_one_to_rely_on() =>
        TerraformFolder.All.Select(folder => folder.Path).Where(path => path.StartsWith("envs/", StringComparison.Ordinal)).ShouldBe(["envs/dev", "envs/prod"]);

    [Theory]
    [MemberData(nameof(Environments))]
    public void State_is_kept_elsewhere_and_providers_are_of_one_version(string path)
    {
        var terraform = TerraformFolder.At(path).Blocks.Single(block => block.Type == "terraform");
        var backend = terraform.At("backend");
        backend.Name.ShouldBe("gcs");
        backend["prefix"].ShouldBe($"\"{path.Replace("envs", "sluice", StringComparison.Ordinal)}\"");
        terraform.Attributes.Keys.ShouldContain("required_version");

        var providers = terraform.At("required_providers").Attributes;
        providers.Keys.ShouldBe(["google", "random"]);
        providers.Values.ShouldAllBe(provider => System.Text.RegularExpressions.Regex.IsMatch(
            provider, """version = "\d+\.\d+\.\d+" \}$""", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [MemberData(nameof(Environments))]
    public void Providers_are_known_by_their_digests(string path)
    {
        var locked = HclReader.Read(File.ReadAllText(RepositoryRoot.Combine("infra", "terraform", path, ".terraform.lock.hcl"))).Blocks;
        var required = TerraformFolder.At(path).Blocks.Single(block => block.Type == "terraform").At("required_providers").Attributes;
        locked.Select(provider => provider.Name.Split('/')[^1]).ShouldBe(required.Keys);
        foreach (var provider in locked)
        {
            required[provider.Name.Split('/')[^1]].ShouldContain($"version = {provider["version"]} ");
            provider["hashes"].ShouldContain("zh:");
        }
    }

    [Fact]
    public void Dev_tells_the_gateway_its_engine_and_costs_nothing_while_nobody_asks()
    {
        var dev = TerraformFolder.At("envs/dev");
        var gateway = dev.Call("gateway");
        foreach (var variable in new[]
        {
            "ENGINE_MODE = \"agent_engine\"",
            "LOCATION = var.region",
            "AGENT_ENGINE_ID = module.agent_engine.agent_engine_id",
            "AGENT_ENGINE_NAME = module.agent_engine.agent_engine_name",
        })
        {
            gateway["env"].ShouldContain(variable);
        }

        gateway.Attributes.Keys.ShouldNotContain("min_instances");
        dev.Outputs.Select(output => output.Name).ShouldBe(["gateway_url", "agent_engine_id", "agent_engine_name", "agent_email"]);
    }

    [Fact]
    public void Prod_is_always_there_larger_and_watched()
    {
        var prod = TerraformFolder.At("envs/prod");
        var gateway = prod.Call("gateway");
        gateway["min_instances"].ShouldBe("1");
        gateway["max_instances"].ShouldBe("var.max_instances");
        prod.Variable("max_instances")["default"].ShouldBe("100");
        (gateway["cpu"], gateway["memory"]).ShouldBe(("\"2\"", "\"1Gi\""));
        prod.Call("database")["highly_available"].ShouldBe("true");
        prod.Call("observability")["notification_channels"].ShouldBe("var.notification_channels");
        TerraformFolder.At("envs/dev").Calls.ShouldNotContain(call => call.Name == "observability");
    }

    [Fact]
    public void Prod_has_a_gateway_in_each_region_behind_one_address()
    {
        var prod = TerraformFolder.At("envs/prod");
        prod.Call("gateway")["for_each"].ShouldBe("var.regions");
        prod.Call("load_balancer")["services"].ShouldBe("{ for region, gateway in module.gateway : region => gateway.service_name }");
        prod.Call("gateway")["custom_audiences"].ShouldBe("concat([\"https://${var.domain}\"], var.audiences)");

        var balancer = TerraformFolder.At("modules/load_balancer");
        var backend = balancer.Resource("google_compute_region_network_endpoint_group", "gateway");
        (backend["for_each"], backend["network_endpoint_type"]).ShouldBe(("var.services", "\"SERVERLESS\""));
        balancer.Resource("google_compute_backend_service", "this").Blocks.Single(block => block is { Type: "dynamic", Name: "backend" })["for_each"]
            .ShouldBe("google_compute_region_network_endpoint_group.gateway");
    }

    [Fact]
    public void A_full_resource_name_is_made_of_project_region_and_id() =>
        TerraformFolder.At("modules/agent_engine").Outputs.Single(output => output.Name == "agent_engine_name")["value"]
            .ShouldBe("\"projects/${var.project_id}/locations/${var.region}/reasoningEngines/${var.engine_id}\"");
}
