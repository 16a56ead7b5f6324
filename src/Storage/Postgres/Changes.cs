using Npgsql;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>The changes. What each decides, it decides in the database, under the locks it takes there: see <c>Schema</c>.</summary>
internal sealed class Changes(Node node)
{
    /// <param name="turn">What to keep.</param>
    /// <param name="accepted">Told who sent the letter it came by.</param>
    public Write<Acceptance> Accept(AcceptedTurn turn, Action<int> accepted)
    {
        int? sender = null;
        var request = RequestJson.Write(turn.Request);
        return new Write<Acceptance, Acceptance>(
            turn.Session,
            () => Sql.Statement(
                "select outcome, letter_sender from accept_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                Sql.Int(node.Number), Tenant(turn.Session), Session(turn.Session), Sql.Long(turn.Epoch), Sql.Uuid(turn.Turn.Value),
                Sql.Text(StateWords.Write(turn.State)), Sql.Bool(turn.GoesFirst), Sql.Text(Timestamp.Write(turn.At)), Sql.Text(turn.UserId),
                Sql.Text(Timestamp.Write(turn.SessionCreatedAt)), Sql.Text(turn.Key?.Subject), Sql.Text(turn.Key?.Value), Sql.Text(turn.Key?.Fingerprint),
                Sql.Bytes(request), Sql.Bool(turn.CameByLetter)),
            row =>
            {
                sender = row.IsDBNull(1) ? null : row.GetInt32(1);
                return row.GetString(0) switch
                {
                    "accepted" => Acceptance.Accepted,
                    "key_taken" => Acceptance.KeyTaken,
                    "withdrawn" => Acceptance.Withdrawn,
                    _ => Acceptance.NotHeld,
                };
            },
            outcome => outcome)
        {
            Size = request.Length,
            Then = _ =>
            {
                if (sender is { } from)
                {
                    accepted(from);
                }
            },
        };
    }

    public static Write<bool> Start(HeldTurn turn, DateTimeOffset at) => new Write<bool, bool>(
        turn.Session,
        () => Sql.Statement(
            "update turns set state = 'running', started_at = $3 where turn = $1 and epoch = $2 and ended is null returning true",
            Sql.Uuid(turn.Turn.Value), Sql.Long(turn.Epoch), Sql.Text(Timestamp.Write(at))),
        row => row.GetBoolean(0),
        kept => kept)
    {
        LocksSession = false,
    };

    public static Write<bool> Append(TurnProgress progress, Action<bool> then) => new Write<bool, bool>(
        progress.Turn.Session,
        () => Sql.Statement("select append_to_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", Values(progress)),
        row => row.GetBoolean(0),
        kept => kept)
    {
        LocksSession = progress.EngineSessions is not null,
        Size = progress.Events?.Bytes.Length ?? 0,
        Then = then,
    };

    /// <param name="progress">The events before it.</param>
    /// <param name="end">The end.</param>
    /// <param name="then">Told whether it was kept, and which letters nobody will answer now, with their senders.</param>
    public static Write<bool> End(TurnProgress progress, StoredEnd end, Action<bool, Guid[], int[]> then)
    {
        Guid[] letters = [];
        int[] senders = [];
        var ended = EndJson.Write(end.End);
        return new Write<bool, bool>(
            progress.Turn.Session,
            () => Sql.Statement(
                "select is_kept, letters_left, letter_senders from end_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
                [
                    .. Values(progress), Sql.Text(Timestamp.Write(progress.At)), Sql.Text(StateWords.Write(end.End.State)), Sql.Bytes(ended),
                    Sql.Long(end.LastSequence), Sql.Text(end.StartedAt is { } started ? Timestamp.Write(started) : null),
                ]),
            row =>
            {
                (letters, senders) = row.IsDBNull(1) ? ([], []) : (row.GetFieldValue<Guid[]>(1), row.GetFieldValue<int[]>(2));
                return row.GetBoolean(0);
            },
            kept => kept)
        {
            Size = ended.Length + (progress.Events?.Bytes.Length ?? 0),
            Then = kept => then(kept, letters, senders),
        };
    }

    public Write<TakenSession?> Take(SessionKey session, long epoch) => new TakeWrite(node, session, epoch);

    /// <param name="session">Which.</param>
    /// <param name="epoch">Under which it is held.</param>
    public Write<IReadOnlyList<Guid>> Release(SessionKey session, long epoch) => new Write<IReadOnlyList<Guid>, Guid[]>(
        session,
        () => Sql.Statement(
            "select array(select release_session($1, $2, $3, $4))", Sql.Int(node.Number), Tenant(session), Session(session), Sql.Long(epoch)),
        row => row.GetFieldValue<Guid[]>(0),
        turns => turns ?? []);

    public static Write<bool> Forget(SessionKey session) => new Write<bool, bool>(
        session,
        () => Sql.Statement("delete from sessions where tenant = $1 and session = $2 returning true", Tenant(session), Session(session)),
        row => row.GetBoolean(0),
        known => known);

    public static NpgsqlParameter Tenant(SessionKey session) => Sql.Text(session.Tenant.Value);

    public static NpgsqlParameter Session(SessionKey session) => Sql.Text(session.Session.Value);

    private static NpgsqlParameter[] Values(TurnProgress progress) =>
    [
        Tenant(progress.Turn.Session), Session(progress.Turn.Session), Sql.Uuid(progress.Turn.Turn.Value), Sql.Long(progress.Turn.Epoch),
        Sql.Long(progress.Events?.First), Sql.Int(progress.Events?.Count), Sql.Int(StoredEvents.Format), Sql.Bytes(progress.Events?.Bytes),
        Sql.Long(progress.FirstRetained), Sql.Bytes(progress.EngineSessions is { } sessions ? EngineSessionsJson.Write(sessions) : null),
    ];
}
