using System.Diagnostics;

namespace Sluice.Repository.Tests.Terraform;

/// <summary>The canonical form: by rule everywhere, by Terraform itself where it is installed.</summary>
public sealed class FormatTests
{
    public static TheoryData<string> Files => [.. TerraformFolder.All.SelectMany(folder => folder.Files).Select(file => Path.GetRelativePath(RepositoryRoot.Path, file))];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_written_in_the_canonical_form(string file) => Misplaced(File.ReadAllText(RepositoryRoot.Combine(file))).ShouldBeEmpty(file);

    [Fact]
    public void What_is_misplaced_is_noticed()
    {
        Misplaced("a {\n  b  = 1\n  cc = 2\n\n  long_name = [\n    3,\n  ]\n  d = 4\n}\n").ShouldBeEmpty();
        Misplaced("a {\n   b = 1\n}\n").ShouldBe(["line 2: indented by 3, not 2"]);
        Misplaced("a {\n  b = 1\n  cc = 2\n}\n").ShouldBe(["line 3: = is not below the one above"]);
        Misplaced("a {\n  b = 1 \n}\n").ShouldBe(["line 2: white space at the end"]);
        Misplaced("a {\n  b   = 1\n\n  c = 2\n}\n").ShouldBe(["line 2: more than one space before ="]);
    }

    [TerraformFact]
    public async Task Terraform_has_nothing_to_format()
    {
        var start = new ProcessStartInfo("terraform", ["fmt", "-check", "-recursive", "-diff", RepositoryRoot.Combine("infra", "terraform")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var terraform = Process.Start(start)!;
        var error = terraform.StandardError.ReadToEndAsync();
        var said = await terraform.StandardOutput.ReadToEndAsync();
        await terraform.WaitForExitAsync();
        terraform.ExitCode.ShouldBe(0, said + await error);
    }

    private static IEnumerable<string> Misplaced(string text)
    {
        var lines = text.Split('\n');
        var depth = 0;
        int? above = null;
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i];
            var content = line.Trim();
            var indentation = line.Length - line.TrimStart().Length;
            var expected = 2 * Math.Max(0, depth - Leading(content));
            if (content.Length > 0 && indentation != expected)
            {
                yield return $"line {i + 1}: indented by {indentation}, not {expected}";
            }

            if (line.Length > 0 && char.IsWhiteSpace(line[^1]))
            {
                yield return $"line {i + 1}: white space at the end";
            }

            var opens = Opened(content);
            var equals = opens == 0 ? EqualsOf(line) : null;
            if (equals is not null && above is not null && equals != above)
            {
                yield return $"line {i + 1}: = is not below the one above";
            }
            else if (equals is not null && line[..equals.Value].EndsWith("  ", StringComparison.Ordinal) && above is null && (i + 1 >= lines.Length || EqualsOf(lines[i + 1]) is null || Opened(lines[i + 1]) != 0))
            {
                yield return $"line {i + 1}: more than one space before =";
            }

            above = equals;
            depth += opens;
        }
    }

    /// <summary>Where the = of an attribute stands.</summary>
    private static int? EqualsOf(string line)
    {
        var at = line.IndexOf(" = ", StringComparison.Ordinal);
        return at > 0 && line[..at].Trim() is { Length: > 0 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? at + 1 : null;
    }

    /// <summary>How many brackets a line opens that it does not close, outside strings and comments.</summary>
    private static int Opened(string line)
    {
        var (opened, quoted) = (0, false);
        for (var i = 0; i < line.Length && (quoted || line[i] != '#'); i++)
        {
            quoted ^= line[i] == '"' && line[Math.Max(0, i - 1)] != '\\';
            opened += quoted ? 0 : line[i] is '{' or '(' or '[' ? 1 : line[i] is '}' or ')' or ']' ? -1 : 0;
        }

        return Math.Sign(opened);
    }

    private static int Leading(string content) => content.Length > 0 && content[0] is '}' or ')' or ']' ? 1 : 0;
}
