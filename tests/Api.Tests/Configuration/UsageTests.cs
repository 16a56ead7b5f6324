using Sluice.Api.Configuration;

namespace Sluice.Api.Tests.Configuration;

public sealed class UsageTests
{
    /// <summary>Looked for so often, or by so many, that they lie elsewhere.</summary>
    private static readonly string[] Elsewhere = ["Sluice:Data", "Sluice:Host", "Sluice:Role", "ConnectionStrings:Postgres"];

    private static readonly string Help = Reading.With(["--help"]).Output;

    [Fact]
    public void Help_tells_of_every_setting_its_key_variables_default_and_form()
    {
        var unwrapped = string.Join(' ', Help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        foreach (var setting in GatewayOptions.Settings)
        {
            unwrapped.ShouldContain(setting.Key + (setting.Variables.Count > 0 ? $" ({string.Join(", ", setting.Variables)})" : " "));
            unwrapped.ShouldContain($"{setting.Meaning} Default {setting.DefaultText}; {setting.Form}.");
        }
    }

    [Theory]
    [InlineData("AGENT_ENGINE_NAME")]
    [InlineData("AGENT_ENGINE_ID")]
    [InlineData("PROJECT_ID")]
    [InlineData("LOCATION")]
    [InlineData("ENGINE_MODE")]
    [InlineData("A2A_NAME")]
    [InlineData("A2A_DESC")]
    [InlineData("A2A_VERSION")]
    [InlineData("PORT")]
    [InlineData("AGENT_ENGINE_ENDPOINT")]
    [InlineData("AGENT_ENGINE_DIALECT")]
    [InlineData("OTEL_SERVICE_NAME")]
    [InlineData("ConnectionStrings__Postgres")]
    public void Help_tells_of_every_promised_variable(string variable) => Help.ShouldContain(variable);

    [Fact]
    public void Help_fits_a_terminal() => Help.Split('\n').ShouldAllBe(line => line.Length <= 120);

    [Fact]
    public void Every_section_is_listed_under_its_own_name() =>
        GatewayOptions.Sections.ShouldAllBe(section => section.Settings.All(
            setting => Elsewhere.Contains(setting.Key) || setting.Key.StartsWith($"Sluice:{section.Name}:", StringComparison.Ordinal)));

    [Fact]
    public void Every_default_is_a_value_that_could_be_written()
    {
        foreach (var setting in GatewayOptions.Settings.Where(setting => setting.DefaultText != "unset" && !setting.IsOpen))
        {
            var reading = Reading.Of($"{setting.Key.Replace(":", "__", StringComparison.Ordinal)}={setting.DefaultText.Trim('"')}");
            reading.Error.ShouldBeEmpty(setting.Key);
        }
    }

    [Fact]
    public void Version_is_printed_alone() => Reading.With(["--version"]).Output.ShouldBe($"{Usage.Version}\n");
}
