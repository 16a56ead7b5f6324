using Sluice.Core.Sessions;

namespace Sluice.Core.Hosts;

/// <summary>
/// The sessions with nothing to do, the one idle longest first: what may be forgotten, in the order in which it should be. Linked through the sessions
/// themselves, for there are many.
/// </summary>
internal sealed class IdleSessions
{
    private readonly Lock _gate = new();
    private Session? _oldest;
    private Session? _newest;

    public void Add(Session session)
    {
        lock (_gate)
        {
            if (session.ListedAsIdle)
            {
                return;
            }

            session.ListedAsIdle = true;
            session.MoreIdle = _newest;
            if (_newest is null)
            {
                _oldest = session;
            }
            else
            {
                _newest.LessIdle = session;
            }

            _newest = session;
        }
    }

    public void Remove(Session session)
    {
        lock (_gate)
        {
            if (!session.ListedAsIdle)
            {
                return;
            }

            session.ListedAsIdle = false;
            if (session.MoreIdle is null)
            {
                _oldest = session.LessIdle;
            }
            else
            {
                session.MoreIdle.LessIdle = session.LessIdle;
            }

            if (session.LessIdle is null)
            {
                _newest = session.MoreIdle;
            }
            else
            {
                session.LessIdle.MoreIdle = session.MoreIdle;
            }

            session.MoreIdle = session.LessIdle = null;
        }
    }

    public Session? Oldest()
    {
        lock (_gate)
        {
            return _oldest;
        }
    }
}
