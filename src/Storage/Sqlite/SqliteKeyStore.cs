using System.Globalization;
using Microsoft.Data.Sqlite;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>API keys in a file of their own, which the gateway and its commands have open at the same time. Only its owner can read it.</summary>
public sealed class SqliteKeyStore : IKeyStore
{
    private const string Columns = "id, tenant, subject, scopes, hash, created_at, expires_at, revoked_at";

    private static readonly string[] Steps =
    [
        """
        create table keys (
            number integer primary key,
            id text not null unique,
            tenant text not null,
            subject text not null,
            scopes text not null,
            hash blob not null,
            created_at text not null,
            expires_at text,
            revoked_at text
        ) strict;
        create table changes (number integer not null) strict;
        insert into changes values (0);
        """,
    ];

    private readonly SqliteFile _file;

    private SqliteKeyStore(SqliteFile file) => _file = file;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be used.</exception>
    public static SqliteKeyStore Open(string path, TimeProvider time)
    {
        try
        {
            CreatePrivate(path);
            var file = new SqliteFile(new SqliteOptions { Path = path });
            using var connection = file.OpenForWriting();
            Migrations.Apply(connection, time.GetUtcNow(), Steps);
            return new SqliteKeyStore(file);
        }
        catch (SqliteException e)
        {
            throw SqliteFaults.Of(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageUnavailableException(StorageFault.Unreachable, $"{path} cannot be used: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<StoredKeys?> ReadAsync(long? unless, CancellationToken cancellationToken) => await OnAsync(
        static StoredKeys? (command, unless) =>
        {
            command.CommandText = "select number from changes";
            var change = Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
            if (change == unless)
            {
                return null;
            }

            command.CommandText = $"select {Columns} from keys order by number";
            using var rows = command.ExecuteReader();
            var keys = new List<ApiKey>();
            while (rows.Read())
            {
                keys.Add(Key(rows));
            }

            return new StoredKeys(change, keys);
        },
        unless,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<bool> AddAsync(ApiKey key, CancellationToken cancellationToken) => await OnAsync(
        static (command, key) =>
        {
            command.CommandText = "delete from keys where coalesce(revoked_at, expires_at) < $forgotten";
            command.Parameters.AddWithValue("$forgotten", Timestamp.Write(key.CreatedAt - IKeyStore.RememberedFor));
            command.ExecuteNonQuery();
            command.CommandText = $"""
                insert into keys ({Columns})
                select $id, $tenant, $subject, $scopes, $hash, $created, $expires, null where (select count(*) from keys) < {IKeyStore.Most}
                """;
            command.Parameters.AddWithValue("$id", key.Id);
            command.Parameters.AddWithValue("$tenant", key.Tenant.Value);
            command.Parameters.AddWithValue("$subject", key.Subject);
            command.Parameters.AddWithValue("$scopes", ScopeNames.Write(key.Scopes));
            command.Parameters.AddWithValue("$hash", key.Hash.ToArray());
            command.Parameters.AddWithValue("$created", Timestamp.Write(key.CreatedAt));
            command.Parameters.AddWithValue("$expires", key.ExpiresAt is { } end ? Timestamp.Write(end) : DBNull.Value);
            var isAdded = command.ExecuteNonQuery() == 1;
            Changed(command);
            return isAdded;
        },
        key,
        cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<ApiKey?> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => await OnAsync(
        static ApiKey? (command, asked) =>
        {
            command.CommandText = "update keys set revoked_at = coalesce(revoked_at, $at) where id = $id";
            command.Parameters.AddWithValue("$at", Timestamp.Write(asked.At));
            command.Parameters.AddWithValue("$id", asked.Id);
            command.ExecuteNonQuery();
            Changed(command);
            command.CommandText = $"select {Columns} from keys where id = $id";
            using var rows = command.ExecuteReader();
            return rows.Read() ? Key(rows) : null;
        },
        (Id: id, At: at),
        cancellationToken);

    private static void Changed(SqliteCommand command)
    {
        command.CommandText = "update changes set number = number + 1";
        command.ExecuteNonQuery();
    }

    private static ApiKey Key(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Tenant = new TenantId(row.GetString(1)),
        Subject = row.GetString(2),
        Scopes = ScopeNames.TryParse(row.GetString(3), out var scopes) ? scopes : throw new FormatException("A key's scopes."),
        Hash = (byte[])row[4],
        CreatedAt = Timestamp.Read(row.GetString(5)),
        ExpiresAt = row.IsDBNull(6) ? null : Timestamp.Read(row.GetString(6)),
        RevokedAt = row.IsDBNull(7) ? null : Timestamp.Read(row.GetString(7)),
    };

    // Made before SQLite opens it, which would leave the mode to the umask; the two files that it puts beside take theirs from this one.
    private static void CreatePrivate(string path)
    {
        if (!File.Exists(path) && !OperatingSystem.IsWindows())
        {
            using var _ = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
    }

    // SQLite works on the calling thread.
    private Task<T> OnAsync<T, TArgument>(Func<SqliteCommand, TArgument, T> work, TArgument argument, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            try
            {
                using var connection = _file.OpenForReading();
                using var transaction = connection.BeginTransaction(deferred: true);
                using var command = connection.CreateCommand();
                command.Transaction = transaction;
                var result = work(command, argument);
                transaction.Commit();
                return result;
            }
            catch (SqliteException e)
            {
                throw SqliteFaults.Of(e);
            }
            catch (Exception e) when (DamagedData.IsSaidBy(e))
            {
                throw DamagedData.Of(e);
            }
        },
        cancellationToken);
}
