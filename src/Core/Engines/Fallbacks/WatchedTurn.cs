using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>A turn that tells whether an engine has begun to answer it.</summary>
internal class WatchedTurn(IEngineTurn turn) : IEngineTurn
{
    public bool HasEvents { get; private set; }

    public TurnId Id => turn.Id;

    public TurnRequest Request => turn.Request;

    public string UserId => turn.UserId;

    public virtual bool IsHeld => turn.IsHeld;

    public virtual ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => turn.HoldAsync(cancellationToken);

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
        HasEvents = true;
        turn.Append(raw, text);
    }

    public void Report(TokenUsage soFar) => turn.Report(soFar);

    public void Publish() => turn.Publish();
}
