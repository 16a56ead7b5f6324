using Sluice.Api.Tests.Processes;

namespace Sluice.Api.Tests.Configuration;

public sealed class FilesTests
{
    [Fact]
    public async Task Problem_in_a_file_names_the_file()
    {
        await using var gateway = await GatewayProcess.RunToEndAsync(files: ("appsettings.json", """{ "Sluice": { "Engine": { "Name": "foo" }, "Htttp": { "Grace": "1s" } } }"""));

        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldBe("""
            sluice: Sluice:Engine:Name in appsettings.json: 'foo' is not projects/{p}/locations/{l}/reasoningEngines/{id}
            sluice: Sluice:Htttp:Grace in appsettings.json: there is no such setting; the nearest is Sluice:Http:Grace

            """);
    }

    [Fact]
    public async Task File_of_the_environment_wins_over_the_general_one_and_a_variable_over_both()
    {
        (string, string)[] files =
        [
            ("appsettings.json", """{ "Sluice": { "Listening": { "Port": "one" } } }"""),
            ("appsettings.Staging.json", """{ "Sluice": { "Listening": { "Port": "two" } } }"""),
        ];

        (await GatewayProcess.RunToEndAsync(["ASPNETCORE_ENVIRONMENT=Staging"], files)).Error.ShouldContain("'two'");
        (await GatewayProcess.RunToEndAsync(["ASPNETCORE_ENVIRONMENT=Staging", "PORT=three"], files)).Error.ShouldContain("'three'");
        (await GatewayProcess.RunToEndAsync([], files)).Error.ShouldContain("'one'");
    }

    [Fact]
    public async Task File_that_is_not_json_is_named_without_a_stack()
    {
        await using var gateway = await GatewayProcess.RunToEndAsync(files: ("appsettings.json", "{ \"Sluice\": "));

        gateway.ExitCode.ShouldBe(1);
        gateway.Error.ShouldContain("appsettings.json");
        gateway.Error.ShouldNotContain("   at ");
    }
}
