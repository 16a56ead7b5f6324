using Npgsql;
using Sluice.Core.Callers;
using Sluice.Core.Keys;

namespace Sluice.Storage.Postgres;

/// <summary>API keys in a PostgreSQL database that any number of processes share.</summary>
internal sealed class PostgresKeyStore : IKeyStore
{
    private const string Columns = "id, tenant, subject, scopes, hash, created_at, expires_at, revoked_at";

    private readonly Readers _readers;

    public PostgresKeyStore(Readers readers) => _readers = readers;

    /// <inheritdoc/>
    public async ValueTask<StoredKeys?> ReadAsync(long? unless, CancellationToken cancellationToken) => await _readers.ReadAsync<StoredKeys?>(
        () =>
        [
            Sql.Statement("select number from api_key_changes"),
            Sql.Statement($"select {Columns} from api_keys where $1 is distinct from (select number from api_key_changes) order by number", Sql.Long(unless)),
        ],
        async result =>
        {
            var change = (await Readers.RowsAsync(result, static row => row.GetInt64(0)))[0];
            await result.NextResultAsync(cancellationToken);
            var keys = await Readers.RowsAsync(result, Key);
            return change == unless ? null : new StoredKeys(change, keys);
        },
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => await _readers.ReadAsync(
        () =>
        [
            Sql.Statement("delete from api_keys where coalesce(revoked_at, expires_at) < $1", Sql.Text(Timestamp.Write(key.CreatedAt - IKeyStore.RememberedFor))),
            Sql.Statement("update api_key_changes set number = number + 1"),
            Sql.Statement(
                $"""
                with added as (
                    insert into api_keys ({Columns}) select $1, $2, $3, $4, $5, $6, $7, null where (select count(*) from api_keys) < {IKeyStore.Most}
                    on conflict (id) do nothing
                )
                select exists (select 1 from api_keys where id = $1) or (select count(*) from api_keys) < {IKeyStore.Most}
                """,
                Sql.Text(key.Id), Sql.Text(key.Tenant.Value), Sql.Text(key.Subject), Sql.Text(ScopeNames.Write(key.Scopes)), Sql.Bytes(key.Hash.ToArray()),
                Sql.Text(Timestamp.Write(key.CreatedAt)), Sql.Text(key.ExpiresAt is { } end ? Timestamp.Write(end) : null)),
        ],
        static async result => (await Readers.RowsAsync(result, static row => row.GetBoolean(0)))[0],
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => await _readers.ReadAsync(
        () =>
        [
            Sql.Statement("update api_key_changes set number = number + 1"),
            Sql.Statement(
                $"update api_keys set revoked_at = coalesce(revoked_at, $2) where id = $1 returning {Columns}", Sql.Text(id), Sql.Text(Timestamp.Write(at))),
        ],
        static async result => (await Readers.RowsAsync(result, Key)).SingleOrDefault(),
        cancellationToken);

    private static ApiKey Key(NpgsqlDataReader row) => new()
    {
        Id = row.GetString(0),
        Tenant = new TenantId(row.GetString(1)),
        Subject = row.GetString(2),
        Scopes = ScopeNames.TryParse(row.GetString(3), out var scopes) ? scopes : throw new FormatException("A key's scopes."),
        Hash = (byte[])row[4],
        CreatedAt = Timestamp.Read(row.GetString(5)),
        ExpiresAt = Rows.Text(row, 6) is { } expires ? Timestamp.Read(expires) : null,
        RevokedAt = Rows.Text(row, 7) is { } revoked ? Timestamp.Read(revoked) : null,
    };
}
