namespace Sluice.Repository.Tests.Terraform;

public sealed class DatabaseTests
{
    private static readonly TerraformFolder Module = TerraformFolder.At("modules/database");

    [Fact]
    public void The_database_is_postgres_and_has_no_public_address()
    {
        var instance = Module.Resource("google_sql_database_instance", "this");
        int.Parse(instance["database_version"].Trim('"').Split('_')[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(15);
        var address = instance.At("settings", "ip_configuration");
        (address["ipv4_enabled"], address["private_network"], address["ssl_mode"]).ShouldBe(("false", "var.network_id", "\"ENCRYPTED_ONLY\""));
        address.Blocks.ShouldBeEmpty();
        instance.At("settings", "backup_configuration")["point_in_time_recovery_enabled"].ShouldBe("true");
    }

    [Fact]
    public void The_password_is_in_no_state_and_no_output()
    {
        // Only what is ephemeral or write-only may hold it.
        var holders = TerraformFolder.All.SelectMany(folder => folder.Blocks.SelectMany(block => block.Everything()))
            .SelectMany(block => block.Attributes.Where(attribute => attribute.Value.Contains("random_password", StringComparison.Ordinal)).Select(attribute => attribute.Key));
        holders.ShouldBe(["password_wo", "secret_data_wo"], ignoreOrder: true);
        TerraformFolder.All.SelectMany(folder => folder.Blocks).SelectMany(block => block.Everything()).SelectMany(block => block.Attributes.Keys)
            .ShouldNotContain(attribute => attribute == "password" || attribute == "secret_data");
        Module.Blocks.Single(block => block.Labels is ["random_password", _]).Type.ShouldBe("ephemeral");
    }

    [Theory]
    [InlineData("envs/dev")]
    [InlineData("envs/prod")]
    public void The_gateway_gets_its_connection_as_a_secret_that_it_may_read(string path)
    {
        var environment = TerraformFolder.At(path);
        environment.Call("gateway")["secrets"].ShouldBe(
            "{ ConnectionStrings__Postgres = { secret = module.database.connection_secret version = module.database.connection_secret_version } }");
        environment.Call("identity")["secrets"].ShouldBe("[module.database.connection_secret]");
    }

    [Fact]
    public void Prod_has_room_for_the_connections_of_every_instance() =>
        TerraformFolder.At("envs/prod").Call("database")["max_connections"].ShouldBe("18 * var.max_instances * length(var.regions) * (var.grpc_enabled ? 2 : 1) + 50");
}
