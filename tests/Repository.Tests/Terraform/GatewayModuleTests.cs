namespace Sluice.Repository.Tests.Terraform;

public sealed class GatewayModuleTests
{
    private static readonly TerraformFolder Module = TerraformFolder.At("modules/cloud_run_gateway");
    private static readonly HclBlock Service = Module.Resource("google_cloud_run_v2_service", "face");
    private static readonly HclBlock Template = Service.At("template");
    private static readonly HclBlock Container = Template.At("containers");

    [Theory]
    [InlineData("region", "\"us-central1\"")]
    [InlineData("env", "{}")]
    [InlineData("min_instances", "0")]
    [InlineData("max_instances", "10")]
    [InlineData("cpu", "\"1\"")]
    [InlineData("memory", "\"512Mi\"")]
    [InlineData("grpc_enabled", "false")]
    public void What_is_not_said_is_as_it_always_was(string variable, string value) => Module.Variable(variable)["default"].ShouldBe(value);

    [Theory]
    [InlineData("project_id")]
    [InlineData("service_name")]
    [InlineData("image")]
    public void What_differs_everywhere_has_to_be_said(string variable) => Module.Variable(variable).Attributes.Keys.ShouldNotContain("default");

    [Fact]
    public void It_tells_where_it_is_what_it_is_called_and_who_it_is() =>
        Module.Outputs.Select(output => output.Name).ShouldBe(["gateway_url", "service_name", "service_account_email", "grpc_url"]);

    [Theory]
    [InlineData("startup_probe", 10, 3, 5, 3)]
    [InlineData("liveness_probe", 30, 3, 10, 3)]
    public void A_probe_fits_its_port_and_has_its_times(string probe, int delay, int timeout, int period, int failures)
    {
        Module.Variable(probe)["type"].ShouldBe(
            $"object({{ initial_delay_seconds = optional(number, {delay}) timeout_seconds = optional(number, {timeout}) "
            + $"period_seconds = optional(number, {period}) failure_threshold = optional(number, {failures}) }})");
        Module.Variable(probe)["default"].ShouldBe("{}");

        var probing = Container.At(probe);
        foreach (var time in new[] { "initial_delay_seconds", "timeout_seconds", "period_seconds", "failure_threshold" })
        {
            probing[time].ShouldBe($"var.{probe}.{time}");
        }

        var http = probing.Blocks.Single(block => block.Name == "http_get");
        http["for_each"].ShouldBe("""each.key == "http" ? [local.port] : []""");
        http.At("content")["path"].ShouldBe("\"/_health\"");
        var grpc = probing.Blocks.Single(block => block.Name == "grpc");
        grpc["for_each"].ShouldBe("""each.key == "grpc" ? [local.port] : []""");
        grpc.At("content")["service"].ShouldBe("\"live\"");
        Module.Blocks.Single(block => block.Type == "locals")["port"].ShouldBe("8080");
    }

    [Fact]
    public void A_face_of_grpc_is_a_service_of_its_own_that_is_always_there()
    {
        var faces = Module.Blocks.Single(block => block.Type == "locals")["faces"];
        faces.ShouldContain("""http = { name = var.service_name, protocol = "http1", min_instances = var.min_instances }""");
        faces.ShouldContain("""var.grpc_enabled ? { grpc = { name = "${var.service_name}-grpc", protocol = "h2c", min_instances = max(1, var.min_instances) } } : {}""");
        Container.At("ports")["name"].ShouldBe("each.value.protocol");
        Module.Blocks.Single(block => block.Type == "locals")["role"].ShouldBe("{ for key in keys(local.faces) : key => { Sluice__Role = key } }");
        Template.Blocks.Single(block => block is { Type: "dynamic", Name: "containers" })["for_each"]
            .ShouldBe("""var.metrics_sidecar_image == "" || each.key == "grpc" ? [] : [var.metrics_sidecar_image]""");
        Template.At("scaling")["min_instance_count"].ShouldBe("each.value.min_instances");
        Template.At("scaling")["max_instance_count"].ShouldBe("var.max_instances");
    }

    [Fact]
    public void Work_between_requests_has_a_cpu_and_a_client_comes_back_to_its_instance()
    {
        Container.At("resources")["cpu_idle"].ShouldBe("false");
        Container.At("resources")["limits"].ShouldBe("{ cpu = var.cpu memory = var.memory }");
        Template["session_affinity"].ShouldBe("true");
        Template["max_instance_request_concurrency"].ShouldBe("var.concurrency");
    }

    [Fact]
    public void Traffic_and_image_are_the_rollouts()
    {
        var ignored = Service.At("lifecycle")["ignore_changes"].Trim('[', ']').Split(',', StringSplitOptions.TrimEntries);
        foreach (var attribute in new[] { "traffic", "template[0].containers[0].image", "client", "client_version" })
        {
            ignored.ShouldContain(attribute);
        }

        // The name of a revision that is served is refused for another template.
        ignored.ShouldNotContain("template[0].revision");

        Service.Blocks.ShouldNotContain(block => block.Type == "traffic");
    }

    [Fact]
    public void Whoever_may_call_the_service_is_known_to_the_gateway_and_nobody_else_is()
    {
        var auth = Module.Blocks.Single(block => block.Type == "locals")["auth"];
        auth.ShouldContain("""{ for place, email in var.invokers : "Sluice__Auth__Callers__${place}__Email" => email }""");
        auth.ShouldContain("""{ for place, email in var.invokers : "Sluice__Auth__Callers__${place}__Tenant" => var.tenant }""");
        auth.ShouldContain("""{ for place, audience in concat([url], var.custom_audiences) : "Sluice__Auth__Google__Audiences__${place}" => audience }""");
        Module.Outputs.Single(output => output.Name == "gateway_url")["value"].ShouldBe("""local.urls["http"]""");
    }

    [Fact]
    public void Every_variable_reaches_the_container_and_secrets_by_reference()
    {
        var variables = Container.Blocks.Where(block => block is { Type: "dynamic", Name: "env" }).ToList();
        var plain = variables.Single(block => block["for_each"] == "merge(local.auth[each.key], var.env, local.role[each.key])").At("content");
        (plain["name"], plain["value"]).ShouldBe(("env.key", "env.value"));

        var secret = variables.Single(block => block["for_each"] == "var.secrets").At("content");
        secret.Attributes.Keys.ShouldBe(["name"]);
        secret.At("value_source", "secret_key_ref")["secret"].ShouldBe("env.value.secret");
    }
}
