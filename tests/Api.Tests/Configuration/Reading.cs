using Sluice.Api.Configuration;
using Sluice.Api.Hosting;

namespace Sluice.Api.Tests.Configuration;

/// <summary>A start as far as it goes without running: what was read, or what was said instead.</summary>
internal sealed record Reading(Start Start, string Output, string Error)
{
    public GatewayOptions Options => Start.Options ?? throw new InvalidOperationException($"The start was refused: {Error}");

    public string[] Problems => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <param name="environment">Each as <c>NAME=value</c>.</param>
    public static Reading Of(params string[] environment) => With([], environment);

    public static Reading With(string[] arguments, params string[] environment)
    {
        var variables = environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var start = Start.Prepare(arguments, variables, output, error);
        return new Reading(start, output.ToString(), error.ToString());
    }
}
