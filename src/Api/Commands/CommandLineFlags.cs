namespace Sluice.Api.Commands;

/// <summary>A command's own flags, each with a value, as <c>--tenant acme</c> or <c>--tenant=acme</c>, and the words among them. The rest is the gateway's: keys of its configuration.</summary>
internal sealed class CommandLineFlags
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly List<string> _words = [];
    private readonly List<string> _rest = [];

    private CommandLineFlags()
    {
    }

    public bool AsksForHelp { get; private set; }

    /// <summary>What is wrong; null: nothing.</summary>
    public string? Problem { get; private set; }

    public IReadOnlyList<string> Words => _words;

    /// <summary>For the gateway's own command line.</summary>
    public IReadOnlyList<string> Rest => _rest;

    public string? this[string name] => _values.GetValueOrDefault(name);

    public bool Has(string name) => _values.ContainsKey(name);

    /// <param name="arguments">What stands behind the command.</param>
    /// <param name="withValue">Flags that have a value.</param>
    /// <param name="switches">Flags that have none.</param>
    /// <param name="words">How many words there may be.</param>
    public static CommandLineFlags Parse(IReadOnlyList<string> arguments, string[] withValue, string[] switches, int words)
    {
        var flags = new CommandLineFlags();
        for (var i = 0; i < arguments.Count && flags.Problem is null; i++)
        {
            var argument = arguments[i];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            if (argument is "--help" or "-h")
            {
                flags.AsksForHelp = true;
            }
            else if (switches.Contains(argument))
            {
                flags._values[argument] = "";
            }
            else if (withValue.Contains(name))
            {
                flags.Take(name, equals < 0 ? arguments.ElementAtOrDefault(++i) : argument[(equals + 1)..]);
            }
            else if (argument.StartsWith('-'))
            {
                // Whether there is such a key, the gateway's own command line tells.
                flags._rest.Add(argument);
                if (equals < 0 && i + 1 < arguments.Count)
                {
                    flags._rest.Add(arguments[++i]);
                }
            }
            else if (flags._words.Count < words)
            {
                flags._words.Add(argument);
            }
            else
            {
                flags.Problem = $"'{argument}' is one word too many";
            }
        }

        return flags;
    }

    private void Take(string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            Problem = $"{name} needs a value";
        }
        else if (!_values.TryAdd(name, value))
        {
            Problem = $"{name} is said twice";
        }
    }
}
