using System.Globalization;
using Microsoft.Data.Sqlite;
using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>
/// The schema, as the steps that led to it. A step that has been released is never changed: what comes later is a step of its own. All that are missing are applied in one
/// transaction that begins with the lock for writing, so that of several processes which start at once the first does it and the others find it done.
/// </summary>
internal static class Migrations
{
    private static readonly string[] Steps =
    [
        """
        create table sessions (
            number integer primary key,
            tenant text not null,
            session text not null,
            user_id text,
            engine_sessions blob,
            created_at text not null,
            last_activity_at text not null,
            unique (tenant, session)
        ) strict;
        create table turns (
            number integer primary key autoincrement,
            turn text not null unique,
            session integer not null references sessions (number) on delete cascade,
            state text not null,
            accepted_at text not null,
            started_at text,
            last_activity_at text not null,
            last_sequence integer not null,
            ended blob,
            key_subject text,
            key_value text,
            key_fingerprint text
        ) strict;
        create index turns_by_session on turns (session, number);
        create unique index turns_by_key on turns (session, key_subject, key_value) where key_value is not null;
        create index turns_unfinished on turns (number) where ended is null;
        create index turns_by_activity on turns (last_activity_at) where ended is not null;
        create index sessions_by_activity on sessions (last_activity_at);
        create table events (
            turn integer not null references turns (number) on delete cascade,
            first integer not null,
            count integer not null,
            format integer not null,
            bytes blob not null,
            primary key (turn, first)
        ) strict;
        """,

        // What was not ended before this step belonged to a process that is gone.
        """
        create table runs (number integer primary key autoincrement, opened_at text not null) strict;
        alter table sessions add column epoch integer not null default 0;
        alter table sessions add column holder integer;
        alter table sessions add column last_holder integer;
        alter table turns add column epoch integer;
        alter table turns add column place integer;
        create table requests (turn integer primary key references turns (number) on delete cascade, request blob not null) strict;
        drop index turns_unfinished;
        create index turns_unfinished on turns (session, number) where ended is null;
        update sessions set holder = 0 where number in (select session from turns where ended is null);
        """,

        // Nothing is looked up by it, and every turn wrote it twice.
        "drop index sessions_by_activity;",

        // A bucket is the hash of a policy and of whom it is for.
        "create table budgets (bucket blob primary key, taken integer not null, ends_at text not null) strict, without rowid;",
    ];

    /// <param name="connection">Opened for writing.</param>
    /// <param name="now">The time.</param>
    /// <param name="steps">How many are known; null: all. Fewer make a file of an earlier version, for tests.</param>
    /// <exception cref="StorageUnavailableException">The file was written by a later version.</exception>
    public static void Apply(SqliteConnection connection, DateTimeOffset now, int? steps = null) => Apply(connection, now, Steps.AsSpan(0, steps ?? Steps.Length));

    /// <summary>The same for another file with a schema of its own.</summary>
    public static void Apply(SqliteConnection connection, DateTimeOffset now, ReadOnlySpan<string> steps)
    {
        var known = steps.Length;
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "create table if not exists migrations (number integer primary key, applied_at text not null) strict";
        command.ExecuteNonQuery();
        command.CommandText = "select coalesce(max(number), 0) from migrations";
        var applied = Convert.ToInt32(command.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (applied > known)
        {
            throw new StorageUnavailableException(
                StorageFault.Corrupt, $"The database is of a later version: it has step {applied}, this program knows {known}.");
        }

        for (var number = applied + 1; number <= known; number++)
        {
            command.CommandText = steps[number - 1];
            command.ExecuteNonQuery();
            command.CommandText = string.Create(
                CultureInfo.InvariantCulture, $"insert into migrations (number, applied_at) values ({number}, '{Timestamp.Write(now)}')");
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }
}
