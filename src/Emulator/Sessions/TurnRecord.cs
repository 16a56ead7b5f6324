using Sluice.Emulator.Engines;

namespace Sluice.Emulator.Sessions;

/// <summary>
/// What a turn leaves in its session. Events are seen with the store's lag; once the turn goes on with nobody listening, each when its time has come, so that an
/// agent at work needs no task of its own.
/// </summary>
internal sealed class TurnRecord(EngineSession session, TimeProvider time, TimeSpan lag)
{
    private List<AgentEvent>? _unseen;

    public string SessionId => session.Id;

    public void Append(AgentEvent e)
    {
        if (_unseen is null) session.Append(e, e.Time + lag);
        else _unseen.Add(e);
    }

    /// <summary>From here on nobody listens.</summary>
    public void GoOn() => _unseen = [];

    /// <summary>The turn is over; what came since <see cref="GoOn"/> came one after the other, the last of it after <paramref name="rest"/>.</summary>
    public void Finish(TimeSpan rest)
    {
        var began = time.GetUtcNow();
        var count = _unseen?.Count ?? 0;
        for (var i = 0; i < count; i++)
        {
            var at = began + (rest * (i + 1) / count);
            session.Append(_unseen![i] with { Time = at }, at + lag);
        }
        _unseen = null;
    }
}
