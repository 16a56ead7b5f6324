namespace Sluice.Api.Subcommands;

/// <summary>Something the executable does instead of being a gateway, named by its first word.</summary>
/// <param name="Name">That word.</param>
/// <param name="Synopsis">What stands behind it, for a person.</param>
/// <param name="Meaning">What it does, in a line.</param>
/// <param name="RunAsync">Does it, and returns what to exit with.</param>
internal sealed record Subcommand(string Name, string Synopsis, string Meaning, Func<Invocation, Task<int>> RunAsync);

/// <summary>How a subcommand was called.</summary>
/// <param name="Arguments">Those behind its name.</param>
/// <param name="Environment">The variables of the process.</param>
/// <param name="Output">For what was asked for.</param>
/// <param name="Error">For what is wrong.</param>
internal sealed record Invocation(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, TextWriter Output, TextWriter Error);
