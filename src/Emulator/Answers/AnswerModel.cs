using System.Text;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Answers;

/// <summary>What the agents say: always the same for one seed and one prompt.</summary>
internal sealed class AnswerModel(EmulatorOptions options)
{
    private const string Story =
        "Once upon a time a river met a gate. The gate let a little through, then a little more, and the valley stayed green all summer.";

    private static readonly string[] Words =
        "water gate river stone field mill wheel lock canal bridge rain valley bank stream reed heron".Split(' ');

    /// <summary>The answer as the model emits it: each token carries the space before it.</summary>
    public IReadOnlyList<string> Tokens(string prompt, Script script)
    {
        if (script.Text is { } text) return Split(text);
        return (script.Tokens ?? options.Answer.Tokens) is { } count ? Generate(prompt, count) : Split(Say(prompt));
    }

    /// <summary>The waits of this call's model.</summary>
    public Pace Pace(Script script) => new(options.Answer.FirstByte, script.Gap ?? options.Answer.Gap);

    public static IReadOnlyList<string> Split(string text)
    {
        var tokens = new List<string>();
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] != ' ' || text[i - 1] == ' ') continue;
            tokens.Add(text[start..i]);
            start = i;
        }
        if (start < text.Length) tokens.Add(text[start..]);
        return tokens;
    }

    private static string Say(string prompt) =>
        prompt.Trim().Equals("ping", StringComparison.OrdinalIgnoreCase) ? "pong"
        : prompt.Contains("story", StringComparison.OrdinalIgnoreCase) ? Story
        : prompt.Contains("what time", StringComparison.OrdinalIgnoreCase) ? "It is 10:30."
        : $"You said: {prompt}";

    private List<string> Generate(string prompt, int count)
    {
        var random = new Random(HashOf(prompt, options.Seed));
        var tokens = new List<string>(count);
        for (var i = 0; i < count; i++) tokens.Add((i == 0 ? "" : " ") + Words[random.Next(Words.Length)]);
        return tokens;
    }

    // string.GetHashCode changes with every process; FNV-1a does not.
    private static int HashOf(string text, int seed)
    {
        var hash = 2166136261u ^ (uint)seed;
        foreach (var b in Encoding.UTF8.GetBytes(text)) hash = (hash ^ b) * 16777619u;
        return (int)hash;
    }
}

/// <summary>How long the model takes: to its first token, and from each to the next.</summary>
internal readonly record struct Pace(TimeSpan FirstByte, TimeSpan Gap)
{
    /// <summary>The wait before a step that is worth <paramref name="tokens"/>.</summary>
    public TimeSpan Before(int tokens, bool first) => tokens == 0 && !first
        ? TimeSpan.Zero
        : (first ? FirstByte : TimeSpan.Zero) + (Gap * Math.Max(0, first ? tokens - 1 : tokens));
}
