namespace Sluice.Storage.Sqlite;

/// <summary>A SQLite file and how it is used.</summary>
public sealed record SqliteOptions
{
    /// <summary>The file; SQLite puts two more beside it, <c>-wal</c> and <c>-shm</c>. Its directory has to exist.</summary>
    public required string Path { get; init; }

    /// <summary>How long another process's lock is waited for. At the bound: locked.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Writes that wait. At the bound new ones are refused as busy.</summary>
    public int WaitingWrites { get; init; } = 8192;

    /// <summary>Reads at a time.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Reads that wait for one of those to end. At the bound new ones are refused as busy.</summary>
    public int WaitingReads { get; init; } = 1024;

    /// <summary>Most pages of the file, for tests of a full disk; null: as many as fit.</summary>
    internal int? MaxPages { get; init; }
}
