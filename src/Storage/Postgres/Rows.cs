using Npgsql;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>What is read of a row.</summary>
internal static class Rows
{
    /// <summary>Of <c>s</c>; the one who asks is <c>$1</c>.</summary>
    public const string SessionColumns = """
        s.user_id, s.engine_sessions, s.created_at, s.last_activity_at, s.epoch, holder_seen_by($1, s.holder),
        exists (select 1 from turns u where u.session = s.number and u.ended is null)
        """;

    /// <summary>Of <c>s</c> and <c>t</c>; the one who asks is <c>$1</c>. A turn without an end has come as far as its newest batch.</summary>
    public const string TurnColumns = $"""
        s.tenant, s.session, t.turn, t.state, t.accepted_at, t.started_at, {LastSequence}, t.ended, t.key_subject, t.key_value, t.key_fingerprint,
        holder_seen_by($1, s.holder)
        """;

    public const string LastSequence = """
        case when t.ended is null
            then coalesce((select e.first + e.count - 1 from events e where e.turn = t.turn order by e.first desc limit 1), t.last_sequence)
            else t.last_sequence
        end
        """;

    public static SessionKey Key(NpgsqlDataReader row) => Key(row, 0);

    public static SessionKey Key(NpgsqlDataReader row, int column) =>
        new(new TenantId(row.GetString(column)), SessionId.Parse(row.GetString(column + 1)));

    /// <param name="row">With <see cref="SessionColumns"/>.</param>
    public static StoredSession Session(NpgsqlDataReader row) => new()
    {
        UserId = Text(row, 0),
        EngineSessions = row.IsDBNull(1) ? [] : EngineSessionsJson.Read((byte[])row[1]),
        CreatedAt = Timestamp.Read(row.GetString(2)),
        LastActivityAt = Timestamp.Read(row.GetString(3)),
        Epoch = row.GetInt64(4),
        Holder = Holder(row, 5),
        IsUnfinished = row.GetBoolean(6),
        Turns = [],
    };

    /// <param name="row">With <see cref="TurnColumns"/>.</param>
    public static StoredTurn Turn(NpgsqlDataReader row) => new()
    {
        Session = Key(row),
        Turn = new TurnId(row.GetGuid(2)),
        State = StateWords.Read(row.GetString(3)),
        AcceptedAt = Timestamp.Read(row.GetString(4)),
        StartedAt = Text(row, 5) is { } started ? Timestamp.Read(started) : null,
        LastSequence = row.GetInt64(6),
        End = row.IsDBNull(7) ? null : EndJson.Read((byte[])row[7]),
        Key = Text(row, 9) is { } key ? new IdempotencyKey(row.GetString(8), key, Text(row, 10)) : null,
        Holder = Holder(row, 11),
    };

    /// <param name="row">With the turn's columns, and the request behind them.</param>
    public static (StoredTurn Turn, TurnRequest? Request) TurnAndRequest(NpgsqlDataReader row) => (Turn(row), Request(row, 12));

    public static TurnRequest? Request(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : RequestJson.Read((byte[])row[column]);

    /// <param name="row">With <c>first, count, format, bytes</c>.</param>
    public static StoredEvents Events(NpgsqlDataReader row) => Events(row, 0);

    public static StoredEvents Events(NpgsqlDataReader row, int column) => row.GetInt32(column + 2) == StoredEvents.Format
        ? new StoredEvents(row.GetInt64(column), row.GetInt32(column + 1), (byte[])row[column + 3])
        : throw new FormatException($"Events in the encoding {row.GetInt32(column + 2)}, which is not known.");

    public static SessionHolder Holder(NpgsqlDataReader row, int column) => (SessionHolder)row.GetInt32(column);

    public static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
