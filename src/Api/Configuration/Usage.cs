using System.Globalization;
using System.Reflection;
using System.Text;

namespace Sluice.Api.Configuration;

/// <summary>What <c>--help</c> prints: written from the declarations of the settings, so that it tells of each what holds.</summary>
internal static class Usage
{
    private const int Width = 100;

    public static string Version { get; } =
        typeof(Usage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static string Text(MoreSettings? more = null)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"sluice {Version}, a gateway in front of Vertex AI Agent Engine");
        text.AppendLine();
        text.AppendLine("Usage: sluice [options]");
        text.AppendLine("       sluice <command> [options]");
        text.AppendLine();
        foreach (var (words, meaning) in Commands.CommandTable.All)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {words,-22}{meaning}");
        }

        text.AppendLine();
        text.AppendLine("  --help                print this and exit");
        text.AppendLine("  --version             print the version and exit");
        text.AppendLine("  --check               check the configuration, tell what is wrong with it, and exit with 0 or 1");
        text.AppendLine("  --environment <name>  Development or Production (ASPNETCORE_ENVIRONMENT, DOTNET_ENVIRONMENT; default Production)");
        text.AppendLine("  --urls <urls>         listen on these addresses instead of the port (ASPNETCORE_URLS)");
        text.AppendLine("  --<key> <value>       set one of the keys below");
        text.AppendLine();
        Wrap(text, "", "Where a key is set more than once, the first of these wins: the command line; the environment by the key's own name, with two "
            + "underscores for each colon (Sluice__Http__Port); the environment variables named beside the key, the first that is set; "
            + "appsettings.{Environment}.json; appsettings.json. A value of nothing is no value.");
        foreach (var section in more is null ? GatewayOptions.Sections : [.. GatewayOptions.Sections, more.Section])
        {
            text.AppendLine();
            text.AppendLine(section.Title);
            foreach (var setting in section.Settings)
            {
                var variables = setting.Variables.Count == 0 ? "" : $"  ({string.Join(", ", setting.Variables)})";
                text.AppendLine(CultureInfo.InvariantCulture, $"  {setting.Key}{variables}");
                Wrap(text, "      ", setting.Meaning);
                Wrap(text, "      ", $"Default {setting.DefaultText}; {setting.Form}.");
            }
        }

        return text.ToString();
    }

    private static void Wrap(StringBuilder text, string indent, string sentence)
    {
        var line = indent;
        foreach (var word in sentence.Split(' '))
        {
            if (line.Length + word.Length + 1 > Width)
            {
                text.AppendLine(line);
                line = indent;
            }

            line = line.Length == indent.Length ? line + word : $"{line} {word}";
        }

        text.AppendLine(line);
    }
}
