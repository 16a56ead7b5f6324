namespace Sluice.Repository.Tests.Terraform;

/// <summary>A module or an environment: all files of one folder, as Terraform reads them.</summary>
internal sealed class TerraformFolder
{
    private static readonly string Root = RepositoryRoot.Combine("infra", "terraform");

    private TerraformFolder(string path)
    {
        Path = System.IO.Path.GetRelativePath(Root, path);
        Files = [.. Directory.EnumerateFiles(path, "*.tf").Order(StringComparer.Ordinal)];
        Blocks = [.. Files.SelectMany(file => HclReader.Read(File.ReadAllText(file)).Blocks)];
    }

    /// <summary>Below <c>infra/terraform</c>: <c>modules/identity</c>.</summary>
    public string Path { get; }

    public IReadOnlyList<string> Files { get; }

    public IReadOnlyList<HclBlock> Blocks { get; }

    public static IReadOnlyList<TerraformFolder> All { get; } =
    [
        .. Directory.EnumerateFiles(Root, "*.tf", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetDirectoryName(file)!).Distinct().Order(StringComparer.Ordinal)
            .Select(folder => new TerraformFolder(folder)),
    ];

    public IEnumerable<HclBlock> Variables => OfType("variable");

    public IEnumerable<HclBlock> Outputs => OfType("output");

    public IEnumerable<HclBlock> Calls => OfType("module");

    public IEnumerable<HclBlock> Resources => OfType("resource");

    /// <summary>Every expression in it.</summary>
    public IEnumerable<string> Expressions => Blocks.SelectMany(block => block.Everything()).SelectMany(block => block.Attributes.Values);

    public static TerraformFolder At(string path) => All.Single(folder => folder.Path == path);

    public HclBlock Variable(string name) => Variables.Single(variable => variable.Name == name);

    public HclBlock Call(string name) => Calls.Single(call => call.Name == name);

    public HclBlock Resource(string type, string name) => Resources.Single(resource => resource.Labels[0] == type && resource.Name == name);

    public IEnumerable<HclBlock> ResourcesOf(string type) => Resources.Where(resource => resource.Labels[0] == type);

    private IEnumerable<HclBlock> OfType(string type) => Blocks.Where(block => block.Type == type);
}
