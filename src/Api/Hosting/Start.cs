using Sluice.Api.Configuration;

namespace Sluice.Api.Hosting;

/// <summary>From the command line to a builder and checked options; or to an exit code, when there is nothing to run.</summary>
internal sealed class Start
{
    public const int Success = 0;
    public const int Refused = 1;

    /// <summary>What to exit with instead of running.</summary>
    public int? ExitCode { get; private init; }

    public WebApplicationBuilder Builder { get; private init; } = null!;

    public GatewayOptions Options { get; private init; } = null!;

    /// <param name="arguments">The command line.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="output">For what was asked for.</param>
    /// <param name="error">For what is wrong.</param>
    /// <param name="more">Settings of a program that is built on the gateway; null: it is the gateway itself.</param>
    public static Start Prepare(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error, MoreSettings? more = null)
    {
        var commandLine = CommandLine.Parse(arguments);
        if (commandLine.Problem is { } unusable)
        {
            return Refuse(error, [unusable]);
        }

        switch (commandLine.Command)
        {
            case Command.Help:
                output.Write(Usage.Text(more));
                return new Start { ExitCode = Success };
            case Command.Version:
                output.WriteLine(Usage.Version);
                return new Start { ExitCode = Success };
        }

        // The empty builder: the others watch files for changes, read every variable and set up more than is used, which is a third of the time to start.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ApplicationName = "sluice",
            EnvironmentName = commandLine.Environment
                ?? environment.GetValueOrDefault("ASPNETCORE_ENVIRONMENT")
                ?? environment.GetValueOrDefault("DOTNET_ENVIRONMENT")
                ?? Environments.Production,
            ContentRootPath = ContentRoot(),
        });
        try
        {
            AddSources(builder, commandLine, environment);
        }
        catch (InvalidDataException unreadable)
        {
            // A file that is not JSON: the message names the file, the one inside it the line.
            return Refuse(error, [$"{unreadable.Message} {unreadable.InnerException?.Message}".TrimEnd()]);
        }

        var options = GatewayOptions.Read(builder.Configuration, out var problems, builder.Environment.IsDevelopment(), more);
        if (problems.Count > 0)
        {
            return Refuse(error, problems);
        }

        if (commandLine.Command == Command.Check)
        {
            output.WriteLine("sluice: the configuration is valid");
            return new Start { ExitCode = Success };
        }

        return new Start { Builder = builder, Options = options };
    }

    private static Start Refuse(TextWriter error, IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
        {
            error.WriteLine($"sluice: {problem}");
        }

        return new Start { ExitCode = Refused };
    }

    private static void AddSources(WebApplicationBuilder builder, CommandLine commandLine, IReadOnlyDictionary<string, string> environment)
    {
        IConfigurationBuilder configuration = builder.Configuration;
        configuration.AddJsonFile("appsettings.json", optional: true, reloadOnChange: false);
        configuration.AddJsonFile($"appsettings.{builder.Environment.EnvironmentName}.json", optional: true, reloadOnChange: false);
        configuration.Add(EnvironmentVariables.Read(environment));
        configuration.Add(commandLine.Values);
    }

    /// <summary>The working directory if it has settings, as is usual; else where the program lies, so that it finds its own from anywhere.</summary>
    private static string ContentRoot()
    {
        var working = Directory.GetCurrentDirectory();
        return File.Exists(Path.Combine(working, "appsettings.json")) ? working : AppContext.BaseDirectory;
    }
}
