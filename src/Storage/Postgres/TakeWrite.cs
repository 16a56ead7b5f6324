using Npgsql;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>Takes a session over, and reads all of it that is unfinished in the same transaction: nobody adds to it any more.</summary>
internal sealed class TakeWrite(Node node, SessionKey session, long epoch) : Write<TakenSession?>(session)
{
    private bool? _isHandedOver;
    private StoredSession? _found;
    private List<(StoredTurn Turn, TurnRequest? Request)> _turns = [];
    private ILookup<TurnId, StoredEvents> _events = Enumerable.Empty<StoredEvents>().ToLookup(_ => default(TurnId));

    public override IReadOnlyList<NpgsqlBatchCommand> Statements() =>
    [
        Sql.Statement("select take_session($1, $2, $3, $4)", Sql.Int(node.Number), Changes.Tenant(Session), Changes.Session(Session), Sql.Long(epoch)),
        Of($"select {Rows.SessionColumns} from sessions s where s.tenant = $2 and s.session = $3"),
        Of($"""
            select {Rows.TurnColumns}, t.request from sessions s join turns t on t.session = s.number
            where s.tenant = $2 and s.session = $3 and t.ended is null order by t.state = 'queued', coalesce(t.place, t.number)
            """),
        Of("""
            select t.turn, e.first, e.count, e.format, e.bytes from sessions s join turns t on t.session = s.number join events e on e.turn = t.turn
            where $1 > 0 and s.tenant = $2 and s.session = $3 and t.ended is null order by e.turn, e.first
            """),
    ];

    protected override async ValueTask ReadAsync(int statement, NpgsqlDataReader result)
    {
        if (statement == 0)
        {
            _isHandedOver = (await Readers.RowsAsync(result, static row => row.IsDBNull(0) ? (bool?)null : row.GetBoolean(0)))[0];
        }
        else if (_isHandedOver is null)
        {
            // Not taken: what follows is somebody else's.
        }
        else if (statement == 1)
        {
            await result.ReadAsync();
            _found = Rows.Session(result);
        }
        else if (statement == 2)
        {
            _turns = await Readers.RowsAsync(result, Rows.TurnAndRequest);
        }
        else
        {
            var events = await Readers.RowsAsync(result, static row => (Turn: new TurnId(row.GetGuid(0)), Events: Rows.Events(row, 1)));
            _events = events.ToLookup(of => of.Turn, of => of.Events);
        }
    }

    protected override TakenSession? Result() => _isHandedOver is { } isHandedOver
        ? new TakenSession(_found!, _turns.ConvertAll(turn => new UnfinishedTurn(turn.Turn, turn.Request, [.. _events[turn.Turn.Turn]])), isHandedOver)
        : null;

    private NpgsqlBatchCommand Of(string text) => Sql.Statement(text, Sql.Int(node.Number), Changes.Tenant(Session), Changes.Session(Session));
}
