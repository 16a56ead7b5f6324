namespace Sluice.ProcessesKit.Clients;

/// <summary>What a client asks events to hold.</summary>
internal enum EventFormat
{
    /// <summary>Text; an event without any is left out, and its number with it.</summary>
    Chunks,

    /// <summary>The engine's own events, each number one of them.</summary>
    Events,
}

/// <summary>A stream that ended before its turn had.</summary>
/// <param name="Node">Whose stream it was.</param>
/// <param name="At">When, in ticks of the stopwatch.</param>
/// <param name="Why">What the client saw.</param>
internal sealed record Interruption(int Node, long At, string Why);

/// <summary>All that one client has seen of one turn, through however many connections.</summary>
/// <param name="question">What was asked.</param>
/// <param name="format">What its events hold.</param>
/// <param name="turn">The turn's number, if it is known already.</param>
internal sealed class TurnView(Question question, EventFormat format, string? turn = null)
{
    private readonly TaskCompletionSource<string?> _known = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Question Question => question;

    public EventFormat Format => format;

    /// <summary>Its number, from when it is known.</summary>
    public string? Turn { get; private set; } = turn;

    /// <summary>Its number, as soon as it is known; null when the client has left without it.</summary>
    public Task<string?> Known => _known.Task;

    public List<SeenEvent> Events { get; } = [];

    public List<Interruption> Interruptions { get; } = [];

    /// <summary>Answers that no client of a turn that was accepted should get.</summary>
    public List<string> Wrongs { get; } = [];

    public bool HasEnded => Events is [.., { IsTerminal: true }];

    /// <summary>How the client was told that it ended: a state.</summary>
    public string? End => Events is [.., { IsTerminal: true } last] ? last.State : null;

    /// <summary>An answer named the turn.</summary>
    public void Meet(string? turn)
    {
        if (turn is not null && Turn is not null && turn != Turn)
        {
            Wrongs.Add($"turn {turn} in place of {Turn}");
        }

        Turn ??= turn;
        if (Turn is not null)
        {
            _known.TrySetResult(Turn);
        }
    }

    public void Leave() => _known.TrySetResult(Turn);
}
