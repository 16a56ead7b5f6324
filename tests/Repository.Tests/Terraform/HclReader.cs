using System.Text;

namespace Sluice.Repository.Tests.Terraform;

/// <summary>
/// Reads the part of HCL that is written here: blocks, attributes, comments with #. Heredocs and the other comments are refused, so that nothing is passed over that this does
/// not understand.
/// </summary>
internal sealed class HclReader(string text)
{
    private int _at;

    /// <exception cref="FormatException">It is not HCL, or of the part that is not read.</exception>
    public static HclBlock Read(string text) => new HclReader(text).Body("", [], closed: false);

    private HclBlock Body(string type, IReadOnlyList<string> labels, bool closed)
    {
        var attributes = new Dictionary<string, string>(StringComparer.Ordinal);
        var blocks = new List<HclBlock>();
        while (true)
        {
            SkipBlank();
            if (_at == text.Length || text[_at] == '}')
            {
                Require(closed == (_at < text.Length), "a body that ends where it does not end");
                _at += closed ? 1 : 0;
                return new HclBlock(type, labels, attributes, blocks);
            }

            var name = Identifier();
            SkipSpaces();
            if (text[_at] == '=')
            {
                _at++;
                SkipSpaces();
                Require(attributes.TryAdd(name, Expression()), $"{name} twice");
            }
            else
            {
                blocks.Add(Block(name));
            }
        }
    }

    private HclBlock Block(string type)
    {
        var labels = new List<string>();
        while (text[_at] == '"')
        {
            var end = text.IndexOf('"', _at + 1);
            labels.Add(text[(_at + 1)..end]);
            _at = end + 1;
            SkipSpaces();
        }

        Require(text[_at] == '{', "a block without {");
        _at++;
        return Body(type, labels, closed: true);
    }

    private string Identifier()
    {
        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '-'))
        {
            _at++;
        }

        Require(_at > start, "a name");
        return text[start.._at];
    }

    /// <summary>To the end of the line, or beyond it as long as a bracket is open.</summary>
    private string Expression()
    {
        var expression = new StringBuilder();
        var open = 0;
        while (_at < text.Length && (open > 0 || text[_at] is not ('\n' or '}')))
        {
            var c = text[_at];
            Require(!(c == '<' && _at + 1 < text.Length && text[_at + 1] == '<'), "no heredoc");
            if (c == '"')
            {
                expression.Append(Quoted());
                continue;
            }

            if (c == '#')
            {
                SkipComment();
                continue;
            }

            open += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            expression.Append(char.IsWhiteSpace(c) ? ' ' : c);
            _at++;
        }

        Require(open == 0, "all brackets closed");
        return string.Join(' ', expression.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A string with its quotes; what is interpolated may have strings of its own.</summary>
    private string Quoted()
    {
        var start = _at++;
        while (text[_at] != '"')
        {
            Require(text[_at] != '\n', "a string that ends on its line");
            if (text[_at] == '\\')
            {
                _at += 2;
            }
            else if (text[_at] == '$' && text[_at + 1] == '{')
            {
                SkipInterpolation();
            }
            else
            {
                _at++;
            }
        }

        _at++;
        return text[start.._at];
    }

    private void SkipInterpolation()
    {
        for (var open = 0; ; _at++)
        {
            if (text[_at] == '"')
            {
                Quoted();
            }

            open += text[_at] == '{' ? 1 : text[_at] == '}' ? -1 : 0;
            if (open == 0 && text[_at] == '}')
            {
                _at++;
                return;
            }
        }
    }

    private void SkipBlank()
    {
        while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] == '#'))
        {
            if (text[_at] == '#')
            {
                SkipComment();
            }
            else
            {
                _at++;
            }
        }
    }

    private void SkipComment() => _at = text.IndexOf('\n', _at) is var end && end < 0 ? text.Length : end;

    private void SkipSpaces()
    {
        while (text[_at] == ' ')
        {
            _at++;
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException($"Line {text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n') + 1}: expected {what}.");
        }
    }
}
