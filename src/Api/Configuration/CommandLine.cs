namespace Sluice.Api.Configuration;

/// <summary>What the process was started for.</summary>
internal enum Command
{
    Run,
    Help,
    Version,
    Check,
}

/// <summary>The command line: a command, and keys with their values as in <c>--Sluice:Http:Port=8081</c>.</summary>
internal sealed record CommandLine(Command Command, SpelledValues Values, string? Environment, string? Problem)
{
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var values = new SpelledValues();
        var command = Command.Run;
        string? environment = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            switch (argument)
            {
                case "--help" or "-h" or "-?":
                    command = Command.Help;
                    continue;
                case "--version":
                    command = Command.Version;
                    continue;
                case "--check":
                    command = Command.Check;
                    continue;
            }

            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            if (name.StartsWith($"--{Setting.ConnectionStrings}:", StringComparison.OrdinalIgnoreCase))
            {
                return Refused($"{name} is a secret, and everyone on the machine can see a command line: set {name[2..].Replace(":", "__", StringComparison.Ordinal)} in the environment");
            }

            if (!IsKnown(name))
            {
                return Refused($"there is no option '{name}'; --help lists them all");
            }

            if (equals < 0 && i + 1 == arguments.Count)
            {
                return Refused($"{name} needs a value");
            }

            var value = equals < 0 ? arguments[++i] : argument[(equals + 1)..];
            if (name == "--environment")
            {
                environment = value;
            }
            else
            {
                values.Add(name[2..], value, name);
            }
        }

        return new CommandLine(command, values, environment, Problem: null);

        CommandLine Refused(string problem) => new(Command.Run, values, environment, problem);
    }

    private static bool IsKnown(string name) =>
        name is "--urls" or "--environment"
        || name.StartsWith($"--{Setting.Root}:", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("--Logging:", StringComparison.OrdinalIgnoreCase);
}
