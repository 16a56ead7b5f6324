using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>What is read of a row.</summary>
internal static class Rows
{
    /// <summary>Of <c>s</c> and <c>t</c>. A turn without an end has come as far as its newest batch.</summary>
    public const string TurnColumns = """
        s.tenant, s.session, t.turn, t.state, t.accepted_at, t.started_at,
        case when t.ended is null
            then coalesce((select e.first + e.count - 1 from events e where e.turn = t.number order by e.first desc limit 1), t.last_sequence)
            else t.last_sequence
        end,
        t.ended, t.key_subject, t.key_value, t.key_fingerprint,
        s.holder
        """;

    public const string SessionColumns = """
        s.number, s.user_id, s.engine_sessions, s.created_at, s.last_activity_at,
        s.epoch, s.holder, s.last_holder, exists (select 1 from turns t where t.session = s.number and t.ended is null)
        """;

    public static SessionKey Key(SqliteDataReader row) => new(new TenantId(row.GetString(0)), SessionId.Parse(row.GetString(1)));

    /// <param name="row">With <see cref="TurnColumns"/>.</param>
    /// <param name="run">The one that asks.</param>
    public static StoredTurn Turn(SqliteDataReader row, long run) => new()
    {
        Session = Key(row),
        Turn = TurnId.TryParse(row.GetString(2), out var turn) ? turn : throw new FormatException("A turn's id."),
        State = StateWords.Read(row.GetString(3)),
        AcceptedAt = Timestamp.Read(row.GetString(4)),
        StartedAt = Text(row, 5) is { } started ? Timestamp.Read(started) : null,
        LastSequence = row.GetInt64(6),
        End = row.IsDBNull(7) ? null : EndJson.Read((byte[])row[7]),
        Key = Text(row, 9) is { } key ? new IdempotencyKey(row.GetString(8), key, Text(row, 10)) : null,
        Holder = Number(row, 11) == run ? SessionHolder.This : SessionHolder.Nobody,
    };

    /// <param name="row">With <see cref="SessionColumns"/>.</param>
    /// <param name="run">The one that asks.</param>
    public static (long Number, StoredSession Session, Holding Holding) Session(SqliteDataReader row, long run)
    {
        var holding = new Holding(row.GetInt64(5), Number(row, 6), Number(row, 7), row.GetBoolean(8));
        var session = new StoredSession
        {
            UserId = Text(row, 1),
            EngineSessions = row.IsDBNull(2) ? [] : EngineSessionsJson.Read((byte[])row[2]),
            CreatedAt = Timestamp.Read(row.GetString(3)),
            LastActivityAt = Timestamp.Read(row.GetString(4)),
            Epoch = holding.Epoch,
            Holder = holding.Holder == run ? SessionHolder.This : SessionHolder.Nobody,
            IsUnfinished = holding.IsUnfinished,
            Turns = [],
        };
        return (row.GetInt64(0), session, holding);
    }

    /// <param name="row">With <see cref="TurnColumns"/> and the request behind them.</param>
    public static TurnRequest? Request(SqliteDataReader row) => row.IsDBNull(12) ? null : RequestJson.Read((byte[])row[12]);

    public static StoredEvents Events(SqliteDataReader row) => row.GetInt32(2) == StoredEvents.Format
        ? new StoredEvents(row.GetInt64(0), row.GetInt32(1), (byte[])row[3])
        : throw new FormatException($"Events in the encoding {row.GetInt32(2)}, which is not known.");

    private static long? Number(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
