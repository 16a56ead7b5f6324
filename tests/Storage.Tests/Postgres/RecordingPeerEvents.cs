using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Tests.Postgres;

/// <summary>Keeps what it was woken for, as words.</summary>
internal sealed class RecordingPeerEvents : IPeerEvents
{
    private readonly List<string> _heard = [];

    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }

    public int Count(string what) => Heard.Count(word => word == what);

    public void LetterCame() => Hear("letter");

    public void ReplyCame(TurnId letter) => Hear($"reply {letter}");

    public void TurnMoved(TurnId turn) => Hear($"moved {turn}");

    public void TurnFollowed(TurnId turn) => Hear($"followed {turn}");

    public void MayHaveMissed() => Hear("may have missed");

    private void Hear(string what)
    {
        lock (_heard)
        {
            _heard.Add(what);
        }
    }
}
