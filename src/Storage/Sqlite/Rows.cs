using Microsoft.Data.Sqlite;
using Sluice.Core;
using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Sqlite;

/// <summary>What is read of a row.</summary>
internal static class Rows
{
    public const string TurnColumns = """
        s.tenant, s.session, t.turn, t.state, t.accepted_at, t.started_at, t.last_sequence, t.ended, t.key_subject, t.key_value, t.key_fingerprint
        """;

    public static StoredTurn Turn(SqliteDataReader row) => new()
    {
        Session = new SessionKey(new TenantId(row.GetString(0)), SessionId.Parse(row.GetString(1))),
        Turn = TurnId.TryParse(row.GetString(2), out var turn) ? turn : throw new FormatException("A turn's id."),
        State = StateOf(row.GetString(3)),
        AcceptedAt = Timestamp.Read(row.GetString(4)),
        StartedAt = Text(row, 5) is { } started ? Timestamp.Read(started) : null,
        LastSequence = row.GetInt64(6),
        End = row.IsDBNull(7) ? null : EndJson.Read((byte[])row[7]),
        Key = Text(row, 9) is { } key ? new IdempotencyKey(row.GetString(8), key, Text(row, 10)) : null,
    };

    public static StoredEvents Events(SqliteDataReader row) => row.GetInt32(2) == StoredEvents.Format
        ? new StoredEvents(row.GetInt64(0), row.GetInt32(1), (byte[])row[3])
        : throw new FormatException($"Events in the encoding {row.GetInt32(2)}, which is not known.");

    /// <summary>A state as it is written: the word that metrics use.</summary>
    public static string Word(TurnState state) => Telemetry.OutcomeOf(state);

    private static TurnState StateOf(string word)
    {
        foreach (var state in Enum.GetValues<TurnState>())
        {
            if (string.Equals(Word(state), word, StringComparison.Ordinal))
            {
                return state;
            }
        }

        throw new FormatException("A turn's state.");
    }

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
