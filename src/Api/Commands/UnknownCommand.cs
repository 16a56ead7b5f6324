namespace Sluice.Api.Commands;

/// <summary>A first word without a second that goes with it.</summary>
internal sealed class UnknownCommand(string[] arguments) : ICommand
{
    private const string Help = "--help";

    public async Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error)
    {
        var isAsked = arguments is [_, Help or "-h"] or [_];
        var to = isAsked && arguments.Length > 1 ? output : error;
        if (!isAsked)
        {
            await to.WriteLineAsync($"sluice: there is no command '{arguments[0]} {arguments[1]}'");
        }

        foreach (var (words, meaning) in CommandTable.All.Where(command => command.Words.StartsWith(arguments[0], StringComparison.Ordinal)))
        {
            await to.WriteLineAsync($"  sluice {words,-14}{meaning}");
        }

        return to == output ? CommandRun.Success : CommandRun.Unusable;
    }
}
