using System.Globalization;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>The changes, each within a transaction that is begun and committed for it.</summary>
internal static class Changes
{
    private const long FirstDelta = 2;

    public static Acceptance Accept(Statements db, AcceptedTurn turn, long run)
    {
        var at = Timestamp.Write(turn.At);
        var known = Find(db, turn.Session, run);
        if (known is { Holding: var holding } && !holding.Admits(run, turn.Epoch))
        {
            return Acceptance.NotHeld;
        }

        var session = known?.Number ?? db.Scalar(
            "insert into sessions (tenant, session, created_at, last_activity_at) values ($1, $2, $3, $4) returning number",
            turn.Session.Tenant.Value, turn.Session.Session.Value, Timestamp.Write(turn.SessionCreatedAt), at);
        var number = db.Scalar(
            """
            insert into turns
                (turn, session, state, accepted_at, started_at, last_activity_at, last_sequence, epoch, key_subject, key_value, key_fingerprint, place)
            values ($1, $2, $3, $4, $5, $4, 1, $6, $7, $8, $9,
                case when $10 then (select min(coalesce(place, number)) - 1 from turns where session = $2 and ended is null and state = 'queued') end)
            on conflict do nothing
            returning number
            """,
            turn.Turn.ToString(), session, StateWords.Write(turn.State), at, turn.State == TurnState.Running ? at : null, turn.Epoch,
            turn.Key?.Subject, turn.Key?.Value, turn.Key?.Fingerprint, turn.GoesFirst);
        if (number is null)
        {
            // The very same turn again is one whose acceptance was stored and its answer lost.
            return db.Scalar("select 1 from turns where turn = $1", turn.Turn.ToString()) is null ? Acceptance.KeyTaken : Acceptance.Accepted;
        }

        db.Execute("insert into requests (turn, request) values ($1, $2)", number, RequestJson.Write(turn.Request));
        db.Execute(
            "update sessions set last_activity_at = $2, user_id = coalesce(user_id, $3), epoch = $4, holder = $5, last_holder = $5 where number = $1",
            session, at, turn.UserId, turn.Epoch, run);
        return Acceptance.Accepted;
    }

    public static bool Start(Statements db, HeldTurn turn, DateTimeOffset at) => db.Execute(
        "update turns set state = 'running', started_at = $3, last_activity_at = $3 where turn = $1 and epoch = $2 and ended is null",
        turn.Turn.ToString(), turn.Epoch, Timestamp.Write(at)) > 0;

    public static bool Append(Statements db, TurnProgress progress)
    {
        var number = db.Scalar("select number from turns where turn = $1 and epoch = $2 and ended is null", progress.Turn.Turn.ToString(), progress.Turn.Epoch);
        if (number is not null)
        {
            Bring(db, number, progress);
        }

        return number is not null;
    }

    public static bool End(Statements db, TurnProgress progress, StoredEnd end)
    {
        var ended = EndJson.Write(end.End);
        var number = db.Scalar(
            """
            update turns set state = $3, ended = $4, last_activity_at = $5, last_sequence = $6, started_at = coalesce($7, started_at)
            where turn = $1 and epoch = $2 and ended is null
            returning number
            """,
            progress.Turn.Turn.ToString(), progress.Turn.Epoch, StateWords.Write(end.End.State), ended, Timestamp.Write(progress.At), end.LastSequence,
            end.StartedAt is { } started ? Timestamp.Write(started) : null);
        if (number is null)
        {
            // The very same end again is one that was stored and its answer lost.
            return db.Scalar(
                "select 1 from turns where turn = $1 and epoch = $2 and ended = $3", progress.Turn.Turn.ToString(), progress.Turn.Epoch, ended) is not null;
        }

        Bring(db, number, progress);
        db.Execute("delete from requests where turn = $1", number);
        db.Execute(
            """
            update sessions set last_activity_at = max(last_activity_at, $2),
                holder = case when exists (select 1 from turns t where t.session = sessions.number and t.ended is null) then holder end
            where number = (select session from turns where number = $1)
            """,
            number, Timestamp.Write(progress.At));
        return true;
    }

    /// <summary>Reads all before it changes anything: a session that cannot be read is not taken.</summary>
    public static TakenSession? Take(Statements db, SessionKey key, long epoch, long run)
    {
        if (Find(db, key, run) is not { } known || known.Holding.Epoch != epoch)
        {
            return null;
        }

        var turns = db.Query(
            $"""
            select {Rows.TurnColumns}, r.request from turns t join sessions s on s.number = t.session left join requests r on r.turn = t.number
            where t.session = $1 and t.ended is null order by t.state = 'queued', coalesce(t.place, t.number)
            """,
            row => (Turn: Rows.Turn(row, run), Request: Rows.Request(row)),
            known.Number);
        var holder = turns.Count > 0 ? SessionHolder.This : SessionHolder.Nobody;
        var unfinished = turns.ConvertAll(turn => new UnfinishedTurn(turn.Turn with { Holder = holder }, turn.Request, Events(db, turn.Turn.Turn, after: 0)));
        db.Execute(
            "update sessions set epoch = $2, holder = $3, last_holder = $4 where number = $1", known.Number, epoch + 1, turns.Count > 0 ? run : null, run);
        db.Execute("update turns set epoch = $2 where session = $1 and ended is null", known.Number, epoch + 1);
        return new TakenSession(known.Session with { Epoch = epoch + 1, Holder = holder }, unfinished, IsHandedOver: known.Holding.Holder is null);
    }

    public static bool Release(Statements db, SessionKey session, long epoch, long run)
    {
        var number = db.Scalar(
            "update sessions set holder = null where tenant = $1 and session = $2 and epoch = $3 and holder = $4 returning number",
            session.Tenant.Value, session.Session.Value, epoch, run);
        return number is not null && db.Execute("update turns set epoch = null where session = $1 and ended is null", number) > 0;
    }

    public static bool Forget(Statements db, SessionKey session) =>
        db.Execute("delete from sessions where tenant = $1 and session = $2", session.Tenant.Value, session.Session.Value) > 0;

    /// <summary>Forgets some of what is too old or too much; 0 when nothing is left to forget.</summary>
    public static int Prune(Statements db, Retention retention, DateTimeOffset now)
    {
        const int TooOld = 500;
        const int TooMuch = 100;
        var forgotten = db.Execute(
            "delete from turns where number in (select number from turns where ended is not null and last_activity_at < $1 order by last_activity_at limit $2)",
            Timestamp.Write(now - retention.Age), TooOld);
        if (BytesInUse(db) > retention.Bytes)
        {
            forgotten += db.Execute(
                "delete from turns where number in (select number from turns where ended is not null order by last_activity_at limit $1)", TooMuch);
        }

        if (forgotten > 0)
        {
            db.Execute("delete from sessions where not exists (select 1 from turns t where t.session = sessions.number)");
            db.Query("pragma incremental_vacuum", static _ => 0);
        }

        return forgotten;
    }

    public static (long Number, StoredSession Session, Holding Holding)? Find(Statements db, SessionKey session, long run) => db.Query(
        $"select {Rows.SessionColumns} from sessions s where s.tenant = $1 and s.session = $2",
        row => Rows.Session(row, run),
        session.Tenant.Value, session.Session.Value) is [var found] ? found : null;

    public static List<StoredEvents> Events(Statements db, TurnId turn, long after) => db.Query(
        """
        select e.first, e.count, e.format, e.bytes from turns t join events e on e.turn = t.number
        where t.turn = $1 and e.first + e.count > $2 + 1 order by e.first
        """,
        Rows.Events, turn.ToString(), after);

    /// <summary>Pages with something in them: the file itself does not shrink at once.</summary>
    private static long BytesInUse(Statements db) => Convert.ToInt64(
        db.Scalar("select (p.page_count - f.freelist_count) * s.page_size from pragma_page_count p, pragma_freelist_count f, pragma_page_size s"),
        CultureInfo.InvariantCulture);

    private static void Bring(Statements db, object number, TurnProgress progress)
    {
        if (progress.Events is { } events)
        {
            // One that is there already was written before and its answer lost.
            db.Execute(
                "insert or replace into events (turn, first, count, format, bytes) values ($1, $2, $3, $4, $5)",
                number, events.First, events.Count, StoredEvents.Format, events.Bytes.ToArray());
            if (progress.FirstRetained > FirstDelta)
            {
                // What the turn's log holds no more is dropped here as well.
                db.Execute("delete from events where turn = $1 and first + count <= $2", number, progress.FirstRetained);
            }
        }

        if (progress.EngineSessions is { } sessions)
        {
            db.Execute(
                "update sessions set engine_sessions = $2 where number = (select session from turns where number = $1)", number, EngineSessionsJson.Write(sessions));
        }
    }
}
