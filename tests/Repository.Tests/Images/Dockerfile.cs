namespace Sluice.Repository.Tests.Images;

/// <summary>A Dockerfile as a list of instructions, continued lines joined, comments left out.</summary>
internal sealed class Dockerfile
{
    private Dockerfile(string path)
    {
        var text = string.Join('\n', File.ReadLines(path).Where(line => !line.StartsWith('#')));
        Instructions =
        [
            .. text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.Split(' ', 2))
                .Select(words => (Name: words[0], Value: string.Join(' ', words[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)))),
        ];
    }

    public IReadOnlyList<(string Name, string Value)> Instructions { get; }

    /// <summary>What is in the image that ships: everything behind the last FROM.</summary>
    public IEnumerable<(string Name, string Value)> Shipped => Instructions.Skip(Instructions.ToList().FindLastIndex(instruction => instruction.Name == "FROM"));

    public static Dockerfile Named(string name) => new(RepositoryRoot.Combine("infra", "docker", name));

    public IEnumerable<string> Values(string name) => Instructions.Where(instruction => instruction.Name == name).Select(instruction => instruction.Value);

    public string Ships(string name) => Shipped.Single(instruction => instruction.Name == name).Value;
}
