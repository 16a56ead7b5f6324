using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Grains;

/// <summary>A reader on a copy; when it leaves as the last, the turn is followed no more.</summary>
internal sealed class FollowingReader(ITurnReader copy, Func<Task> left) : ITurnReader
{
    public SessionId Session => copy.Session;

    public TurnId Turn => copy.Turn;

    public TurnEnd? End => copy.End;

    public int Read(Span<TurnEvent> events) => copy.Read(events);

    public ValueTask<ReadSignal> WaitAsync(CancellationToken cancellationToken) => copy.WaitAsync(cancellationToken);

    public void Wake() => copy.Wake();

    public async ValueTask DisposeAsync()
    {
        await copy.DisposeAsync();
        await left();
    }
}
