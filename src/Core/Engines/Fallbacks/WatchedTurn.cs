using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>A turn that tells whether an engine has begun to answer it, and what it answered if that is asked for.</summary>
internal class WatchedTurn(IEngineTurn turn, AnswerRecording? recording = null) : IEngineTurn
{
    public bool HasEvents { get; private set; }

    public AnswerRecording? Recording => recording;

    public TurnId Id => turn.Id;

    public TurnRequest Request => turn.Request;

    public string UserId => turn.UserId;

    public virtual bool IsHeld => turn.IsHeld;

    public virtual ValueTask<bool> HoldAsync(CancellationToken cancellationToken) => turn.HoldAsync(cancellationToken);

    public EngineSession? EngineSessionAt(string engine) => turn.EngineSessionAt(engine);

    public void BindEngineSession(EngineSession session) => turn.BindEngineSession(session);

    public void Append(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> text)
    {
        HasEvents = true;
        recording?.Append(raw, text);
        turn.Append(raw, text);
    }

    public void Report(TokenUsage soFar) => turn.Report(soFar);

    public void Publish() => turn.Publish();
}
