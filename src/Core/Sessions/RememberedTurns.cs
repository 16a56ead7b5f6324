using Sluice.Core.Turns;

namespace Sluice.Core.Sessions;

/// <summary>The ended turns of a session, the oldest first, within the session's bounds. Used under the session's lock.</summary>
internal sealed class RememberedTurns(ISessionOwner owner)
{
    private EndedTurn? _oldest;
    private EndedTurn? _newest;
    private int _count;
    private int _bytes;

    /// <summary>Remembers one more. At the bound the oldest go, but never this one.</summary>
    public void Add(EndedTurn turn)
    {
        if (_newest is null)
        {
            _oldest = turn;
        }
        else
        {
            _newest.Younger = turn;
        }

        _newest = turn;
        _count++;
        _bytes += turn.Bytes;
        owner.TurnRemembered(turn);
        while (_count > 1 && (_count > owner.Limits.RememberedTurns || _bytes > owner.Limits.RememberedBytesPerSession))
        {
            ForgetOldest();
        }
    }

    public void Clear()
    {
        while (_oldest is not null)
        {
            ForgetOldest();
        }
    }

    public IEnumerable<EndedTurn> OldestFirst()
    {
        for (var turn = _oldest; turn is not null; turn = turn.Younger)
        {
            yield return turn;
        }
    }

    private void ForgetOldest()
    {
        var oldest = _oldest!;
        _oldest = oldest.Younger;
        if (_oldest is null)
        {
            _newest = null;
        }

        _count--;
        _bytes -= oldest.Bytes;
        oldest.Release(owner.Slabs);
        owner.TurnForgotten(oldest);
    }
}
