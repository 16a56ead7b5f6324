namespace Sluice.Storage.Postgres;

/// <summary>
/// A PostgreSQL database, version 14 or newer, and how it is used. What a process holds there hangs on one connection that has to be its own: directly to the server, or
/// through a pooler that keeps a session together, not one that gives every transaction another (PgBouncer in transaction mode).
/// </summary>
public sealed class PostgresOptions
{
    /// <summary>
    /// As Npgsql reads it. Holds the password: it is in no message. Its <c>Search Path</c> may name a schema, which has to exist; several in one database are independent.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// After so long without a sign of this process, by the server's clock, others take over what it holds; it asks to be seen four times as often. Shorter: quicker
    /// after a death, and sooner taken over when it or the server is only slow. At least a second.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that write, 1 to 64. A session always has the same; what waits for one goes out together.</summary>
    public int Lanes { get; init; } = 4;

    /// <summary>Writes that wait, in all lanes together. At the bound new ones are refused as busy.</summary>
    public int WaitingWrites { get; init; } = 8192;

    /// <summary>Connections that read, and reads at a time: 1 to 1000. Beside these and the lanes there are three more.</summary>
    public int Readers { get; init; } = 8;

    /// <summary>Reads that wait for one of those to end. At the bound new ones are refused as busy.</summary>
    public int WaitingReads { get; init; } = 1024;

    /// <summary>How long the server may take for a statement. At the bound it counts as not to be reached. At least a second.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The same database with another number of <see cref="Readers"/>.</summary>
    internal PostgresOptions ForAccess(int readers) => new() { ConnectionString = ConnectionString, Lease = Lease, StatementTimeout = StatementTimeout, Readers = readers };

    /// <exception cref="ArgumentOutOfRangeException">One is out of its bounds.</exception>
    internal void Validate()
    {
        Within(TimeSpan.FromSeconds(1), Lease, TimeSpan.FromHours(1), nameof(Lease));
        Within(TimeSpan.FromSeconds(1), StatementTimeout, TimeSpan.FromHours(1), nameof(StatementTimeout));
        Within(1, Lanes, 64, nameof(Lanes));
        Within(1, Readers, 1000, nameof(Readers));
        Within(Lanes, WaitingWrites, int.MaxValue, nameof(WaitingWrites));
        Within(0, WaitingReads, int.MaxValue - Readers, nameof(WaitingReads));
    }

    private static void Within<T>(T least, T value, T most, string name)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"From {least} to {most}.");
        }
    }
}
