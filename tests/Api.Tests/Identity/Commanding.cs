using Sluice.Api.Commands;

namespace Sluice.Api.Tests.Identity;

/// <summary>A command, run to its end.</summary>
internal sealed record Commanding(int ExitCode, string Output, string Error)
{
    /// <param name="command">With words between blanks.</param>
    /// <param name="environment">Each as <c>NAME=value</c>.</param>
    public static async Task<Commanding> RunAsync(string command, params string[] environment)
    {
        var variables = environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new StringWriter { NewLine = "\n" };
        var exitCode = await CommandTable.Find(command.Split(' '))!.RunAsync(variables, output, error);
        return new Commanding(exitCode, output.ToString(), error.ToString());
    }
}
