using System.Net.Sockets;
using Npgsql;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>What PostgreSQL's error codes (postgresql.org/docs/current/errcodes-appendix.html) and a lost connection mean for a store.</summary>
internal static class PostgresFaults
{
    private const string ConnectionClass = "08";
    private const string ResourcesClass = "53";
    private const string InterventionClass = "57";
    private const string SystemClass = "58";
    private const string InternalClass = "XX";

    public static StorageUnavailableException Of(Exception e) => e switch
    {
        StorageUnavailableException known => known,
        PostgresException { SqlState: PostgresErrorCodes.DiskFull or PostgresErrorCodes.ProgramLimitExceeded or PostgresErrorCodes.OutOfMemory } =>
            new(StorageFault.Full, "There is no room for more in the database: a disk or a limit is full.", e),
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => new(StorageFault.Locked, "Somebody else holds rows of the database.", e),
        PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } => new(StorageFault.Corrupt, "The database is damaged.", e),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled } => new(StorageFault.Unreachable, "The database did not answer in time.", e),
        PostgresException refused => new(StorageFault.Unreachable, $"The database refused (SQLSTATE {refused.SqlState}).", e),
        NpgsqlException { InnerException: TimeoutException } or TimeoutException or OperationCanceledException => new(StorageFault.Unreachable, "The database did not answer in time.", e),
        NpgsqlException or SocketException or IOException => new(StorageFault.Unreachable, "The database cannot be reached.", e),
        _ when DamagedData.IsSaidBy(e) => DamagedData.Of(e),
        _ => new(StorageFault.Unreachable, $"The database could not be used: {e.GetType().Name}.", e),
    };

    /// <summary>Whether the server said it of one statement, and others may well succeed.</summary>
    public static bool IsOfOne(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory } => true,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => false,
        PostgresException refused => refused.SqlState[..2] is not (ConnectionClass or ResourcesClass or InterventionClass or SystemClass or InternalClass),

        // A value that cannot even be sent.
        _ => e is ArgumentException or InvalidCastException or NotSupportedException or OverflowException,
    };

    /// <summary>Two transactions were in each other's way: the same again will do.</summary>
    public static bool IsConflict(Exception e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure };

    /// <summary>What stands in the way of the first connection, in the server's or the system's words. Neither has seen the password.</summary>
    public static string ReasonOf(Exception e) => e switch
    {
        PostgresException refused => $"{refused.MessageText} (SQLSTATE {refused.SqlState})",
        StorageUnavailableException { InnerException: null } said => said.Message,
        { InnerException: { } inner } and (NpgsqlException or StorageUnavailableException) => ReasonOf(inner),
        _ => e.Message,
    };
}
