namespace Sluice.Repository.Tests.Terraform;

/// <summary>A block of HCL: <c>resource "type" "name" { ... }</c>. Expressions are kept as text, without comments and with one space for each run of white space.</summary>
internal sealed record HclBlock(string Type, IReadOnlyList<string> Labels, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<HclBlock> Blocks)
{
    public string Name => Labels[^1];

    /// <summary>The expression of an attribute, which has to be there.</summary>
    public string this[string attribute] => Attributes.TryGetValue(attribute, out var value)
        ? value
        : throw new KeyNotFoundException($"{Type} {string.Join(' ', Labels)} has no {attribute}.");

    /// <summary>The one block of that type, and within it of the next.</summary>
    public HclBlock At(params ReadOnlySpan<string> path)
    {
        var block = this;
        foreach (var type in path)
        {
            block = block.Blocks.Single(inner => inner.Type == type);
        }

        return block;
    }

    /// <summary>This block and all inside it.</summary>
    public IEnumerable<HclBlock> Everything() => Blocks.SelectMany(block => block.Everything()).Prepend(this);
}
