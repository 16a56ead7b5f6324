using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Regions;

namespace Sluice.Vertex.Resilience;

/// <summary>A turn on its way through the pipeline: what the attempts at it have come to. To them it is the turn itself.</summary>
internal sealed class EngineRun(IEngineTurn turn, long deadline) : IEngineTurn
{
    private GuardedRegion? _region;
    private CircuitPass _pass;
    private bool _hasVerdict;

    /// <summary>Timestamp by which all is over.</summary>
    public long Deadline => deadline;

    /// <summary>Which attempt this is in its region, from 1.</summary>
    public int Attempt { get; set; } = 1;

    /// <summary>The region that held the engine's session when the turn began, which may be configured no more; null: none did.</summary>
    public string? Origin { get; init; }

    /// <summary>The region that holds it now.</summary>
    public int Home { get; set; } = RegionRules.None;

    /// <summary>Regions that failed the turn and that it moved on from.</summary>
    public RegionSet MovedOnFrom { get; set; }

    /// <summary>Some of the answer was passed on.</summary>
    public bool HasEvents { get; private set; }

    /// <summary>Not every call that was made for the turn is known to have started nothing.</summary>
    public bool MayHaveStarted { get; set; }

    public TurnId Id => turn.Id;

    public TurnRequest Request => turn.Request;

    public string UserId => turn.UserId;

    public bool IsHeld => turn.IsHeld;

    public ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => turn.HoldAsync(cancellationToken);

    public bool IsFirst => turn.IsFirst;

    public bool IsFree
    {
        get => turn.IsFree;
        set => turn.IsFree = value;
    }

    public EngineSession? EngineSessionAt(string engine) => turn.EngineSessionAt(engine);

    public void BindEngineSession(EngineSession session) => turn.BindEngineSession(session);

    public void ReleaseEngineSession(EngineSession session) => turn.ReleaseEngineSession(session);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        if (!HasEvents)
        {
            HasEvents = true;
            Tell(isWell: true);
        }

        turn.Append(raw, text);
    }

    public void Report(TokenUsage soFar) => turn.Report(soFar);

    public void Publish() => turn.Publish();

    /// <summary>An attempt begins.</summary>
    public void Enter(GuardedRegion region, in CircuitPass pass) => (_region, _pass, _hasVerdict) = (region, pass, false);

    /// <summary>The attempt had an end, whichever.</summary>
    public void Ended(EngineFault? fault)
    {
        MayHaveStarted |= fault?.Retry != RetryVerdict.NotStarted;
        if (fault is { Blames: true })
        {
            Tell(isWell: false);
        }
        else if (!_hasVerdict && fault is null or { UpstreamStatus: not null })
        {
            // Also a refusal shows that somebody is there.
            Tell(isWell: true);
        }
    }

    /// <summary>The attempt is over, also when it was cancelled.</summary>
    public void Leave()
    {
        _region!.Circuit.Left(_pass);
        _region = null;
    }

    private void Tell(bool isWell)
    {
        _hasVerdict = true;
        if (isWell)
        {
            _region!.Circuit.Succeeded(_pass);
        }
        else
        {
            _region!.Circuit.Failed(_pass);
        }
    }
}
