namespace Sluice.Api.Commands;

/// <summary>What the program can do beside running the gateway.</summary>
internal interface ICommand
{
    /// <returns>The exit code.</returns>
    Task<int> RunAsync(IReadOnlyDictionary<string, string> environment, TextWriter output, TextWriter error);
}
