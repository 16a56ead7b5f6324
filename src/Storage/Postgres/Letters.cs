using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>Letters between the processes that share the database. Each statement stands alone: of a withdrawal and an acceptance at once, one locks the letter first.</summary>
internal sealed class Letters(Node node, Readers readers, Waker waker)
{
    /// <summary>Longer than anybody waits for an answer.</summary>
    public const string SweepOld = "delete from letters where sent_at < now() - interval '10 minutes'";

    public async ValueTask<bool> SendAsync(Letter letter, CancellationToken cancellationToken)
    {
        var request = letter.Request is { } said ? RequestJson.Write(said) : null;

        // Sent again after a lost answer, its turn may be there already; it must not be taken for a new one.
        var holders = await readers.QueryAsync(
            () => Sql.Statement(
                """
                with held as (
                    select s.holder from sessions s
                    where s.tenant = $3 and s.session = $4 and holder_seen_by($2, s.holder) = 2 and not exists (select 1 from turns t where t.turn = $1)
                ), kept as (
                    insert into letters (id, sender, tenant, session, kind, request, turn) select $1, $2, $3, $4, $5, $6, $7 from held on conflict do nothing
                )
                select holder from held union all select null::integer from turns t where t.turn = $1
                """,
                Sql.Uuid(letter.Id.Value), Sql.Int(node.Number), Changes.Tenant(letter.Session), Changes.Session(letter.Session),
                Sql.Text(LetterWords.Write(letter.Kind)), Sql.Bytes(request), Sql.Uuid(letter.Turn?.Value)),
            static row => row.IsDBNull(0) ? (int?)null : row.GetInt32(0),
            cancellationToken);
        if (holders is [{ } holder])
        {
            waker.LetterCame(holder);
        }

        return holders.Count > 0;
    }

    public async ValueTask<IReadOnlyList<Letter>> ReceiveAsync(int letters, CancellationToken cancellationToken)
    {
        var found = await readers.QueryAsync(
            () => Sql.Statement(
                """
                select l.id, l.tenant, l.session, l.kind, l.request, l.turn
                from letters l join sessions s on s.tenant = l.tenant and s.session = l.session
                where s.holder = $1 and not l.answered and not l.withdrawn order by l.number limit $2
                """,
                Sql.Int(node.Number), Sql.Int(letters)),
            static row => LetterWords.ReadKind(row.GetString(3)) is not { } kind ? null : new Letter
            {
                Id = new TurnId(row.GetGuid(0)),
                Session = Rows.Key(row, 1),
                Kind = kind,
                Request = Rows.Request(row, 4),
                Turn = row.IsDBNull(5) ? null : new TurnId(row.GetGuid(5)),
            },
            cancellationToken);
        return [.. found.OfType<Letter>()];
    }

    public async ValueTask ReplyAsync(TurnId letter, Reply reply, CancellationToken cancellationToken)
    {
        var senders = await readers.QueryAsync(
            () => Sql.Statement(
                "update letters set answered = true, refusal = $2, attached = $3 where id = $1 and not answered and not withdrawn returning sender",
                Sql.Uuid(letter.Value), Sql.Text(LetterWords.Write(reply.Refusal)), Sql.Uuid(reply.Attached?.Value)),
            static row => row.GetInt32(0),
            cancellationToken);
        senders.ForEach(sender => waker.ReplyCame(sender, letter));
    }

    public async ValueTask<(LetterState State, Reply? Reply)> TakeReplyAsync(TurnId letter, CancellationToken cancellationToken)
    {
        var found = await readers.QueryAsync(
            () => Sql.Statement(
                """
                with answered as (delete from letters where id = $1 and answered returning refusal, attached)
                select true, refusal, attached from answered
                union all
                select false, null, null from letters where id = $1 and not answered and not withdrawn
                """,
                Sql.Uuid(letter.Value)),
            static row => row.GetBoolean(0)
                ? new Reply(LetterWords.ReadRefusal(Rows.Text(row, 1)), row.IsDBNull(2) ? null : new TurnId(row.GetGuid(2)))
                : null,
            cancellationToken);
        return found switch
        {
            [] => (LetterState.Gone, null),
            [{ } reply, ..] => (LetterState.Answered, reply),
            _ => (LetterState.Waiting, null),
        };
    }

    /// <summary>It stays, marked, until it is swept: asked again after a lost answer the same is said.</summary>
    public async ValueTask<bool> WithdrawAsync(TurnId letter, CancellationToken cancellationToken) => await readers.QueryAsync(
        () => Sql.Statement("update letters set withdrawn = true where id = $1 and not answered returning true", Sql.Uuid(letter.Value)),
        static row => row.GetBoolean(0),
        cancellationToken) is [true];
}
