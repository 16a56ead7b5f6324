using System.Text.RegularExpressions;

namespace Sluice.Repository.Tests.Terraform;

/// <summary>What <c>terraform validate</c> says of names, where its providers cannot be had.</summary>
public sealed partial class ReferenceTests
{
    public static TheoryData<string> Folders => [.. TerraformFolder.All.Select(folder => folder.Path)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_variable_is_declared_and_used(string path)
    {
        var folder = TerraformFolder.At(path);
        var used = folder.Expressions.SelectMany(expression => VariableUse().Matches(expression)).Select(match => match.Groups["name"].Value).Distinct();
        used.Order().ShouldBe(folder.Variables.Select(variable => variable.Name).Order());
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_variable_and_output_is_described_and_typed(string path)
    {
        var folder = TerraformFolder.At(path);
        folder.Variables.ShouldAllBe(variable => variable["description"].Length > 2 && variable["type"].Length > 0);
        folder.Outputs.ShouldAllBe(output => output["description"].Length > 2);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void A_module_is_given_what_it_needs_and_nothing_that_it_does_not_know(string path)
    {
        foreach (var call in TerraformFolder.At(path).Calls)
        {
            var variables = Called(call, path).Variables.ToList();
            var given = call.Attributes.Keys.Except(["source", "count", "for_each", "depends_on"]).ToList();
            given.ShouldBeSubsetOf(variables.Select(variable => variable.Name), call.Name);
            variables.Where(variable => !variable.Attributes.ContainsKey("default")).Select(variable => variable.Name).ShouldBeSubsetOf(given, call.Name);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void What_is_taken_from_a_module_it_gives(string path)
    {
        var folder = TerraformFolder.At(path);
        foreach (Match use in folder.Expressions.SelectMany(expression => ModuleUse().Matches(expression)))
        {
            var outputs = Called(folder.Call(use.Groups["module"].Value), path).Outputs.Select(output => output.Name);
            outputs.ShouldContain(use.Groups["output"].Value, use.Value);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void Every_resource_and_local_that_is_named_is_there(string path)
    {
        var folder = TerraformFolder.At(path);
        var there = folder.Resources.Select(resource => $"{resource.Labels[0]}.{resource.Name}")
            .Concat(folder.Blocks.Where(block => block.Type == "locals").SelectMany(block => block.Attributes.Keys).Select(name => $"local.{name}"));
        var named = folder.Expressions.SelectMany(expression => ResourceUse().Matches(expression)).Select(match => match.Value).Distinct();
        named.ShouldBeSubsetOf(there);
    }

    private static TerraformFolder Called(HclBlock call, string from) =>
        TerraformFolder.At(Path.GetRelativePath(".", Path.Combine(from, call["source"].Trim('"'))));

    [GeneratedRegex(@"\bvar\.(?<name>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableUse();

    // A module that is there many times is named with an index, or walked over.
    [GeneratedRegex(@"\bmodule\.(?<module>\w+)(\[[^\]]*\])?\.(?<output>\w+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ModuleUse();

    [GeneratedRegex(@"(?<![\w./""])(google_\w+|local)\.\w+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResourceUse();
}
