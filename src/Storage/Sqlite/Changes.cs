using System.Globalization;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>The changes, each within a transaction that is begun and committed for it.</summary>
internal static class Changes
{
    private const long FirstDelta = 2;

    public static bool Accept(Statements db, AcceptedTurn turn)
    {
        var at = Timestamp.Write(turn.At);
        var session = db.Scalar(
            """
            insert into sessions (tenant, session, user_id, created_at, last_activity_at) values ($1, $2, $3, $4, $5)
            on conflict (tenant, session) do update set last_activity_at = excluded.last_activity_at, user_id = coalesce(user_id, excluded.user_id)
            returning number
            """,
            turn.Session.Tenant.Value, turn.Session.Session.Value, turn.UserId, Timestamp.Write(turn.SessionCreatedAt), at);
        var inserted = db.Execute(
            """
            insert into turns (turn, session, state, accepted_at, started_at, last_activity_at, last_sequence, key_subject, key_value, key_fingerprint)
            values ($1, $2, $3, $4, $5, $4, 1, $6, $7, $8)
            on conflict do nothing
            """,
            turn.Turn.ToString(), session, Rows.Word(turn.State), at, turn.State == TurnState.Running ? at : null,
            turn.Key?.Subject, turn.Key?.Value, turn.Key?.Fingerprint);

        // The very same turn again is one whose acceptance was stored and its answer lost.
        return inserted > 0 || db.Scalar("select 1 from turns where turn = $1", turn.Turn.ToString()) is not null;
    }

    public static int Start(Statements db, TurnId turn, DateTimeOffset at) => db.Execute(
        "update turns set state = 'running', started_at = $2, last_activity_at = $2 where turn = $1 and ended is null", turn.ToString(), Timestamp.Write(at));

    public static bool Append(Statements db, TurnProgress progress)
    {
        var number = db.Scalar(
            "update turns set last_activity_at = $2, last_sequence = max(last_sequence, $3) where turn = $1 and ended is null returning number",
            progress.Turn.ToString(), Timestamp.Write(progress.At), progress.Events?.Last ?? 0);
        if (number is not null)
        {
            Bring(db, number, progress);
        }

        return number is not null;
    }

    public static bool End(Statements db, TurnProgress progress, StoredEnd end)
    {
        var number = db.Scalar(
            """
            update turns set state = $2, ended = $3, last_activity_at = $4, last_sequence = $5, started_at = coalesce($6, started_at)
            where turn = $1 and ended is null
            returning number
            """,
            progress.Turn.ToString(), Rows.Word(end.End.State), EndJson.Write(end.End), Timestamp.Write(progress.At), end.LastSequence,
            end.StartedAt is { } started ? Timestamp.Write(started) : null);
        if (number is null)
        {
            return false;
        }

        Bring(db, number, progress);
        db.Execute(
            "update sessions set last_activity_at = max(last_activity_at, $2) where number = (select session from turns where number = $1)",
            number, Timestamp.Write(progress.At));
        return true;
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
