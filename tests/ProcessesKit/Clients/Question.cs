namespace Sluice.ProcessesKit.Clients;

/// <summary>What a client asks in one turn. No two ask the same, so that the engine's count tells how often each was run.</summary>
/// <param name="Session">The conversation.</param>
/// <param name="Key">Its idempotency key.</param>
/// <param name="Text">What is said.</param>
internal sealed record Question(string Session, string Key, string Text)
{
    /// <summary>What the agent says to it.</summary>
    public string Answer => Clusters.EngineProcess.AnswerTo(Text);

    /// <summary>A question whose answer has so many words.</summary>
    public static Question Of(string scenario, int client, int number, int words)
    {
        var name = $"{scenario}-{client}-{number}";

        // "You said:" and the name are three of them.
        return new Question($"{scenario}-{client}", name, string.Join(' ', Enumerable.Range(1, words - 3).Select(word => $"w{word}").Prepend(name)));
    }
}
