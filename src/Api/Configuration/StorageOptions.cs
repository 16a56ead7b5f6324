using Sluice.Core.Storage;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>What of sessions outlives the process, where, and for how long.</summary>
internal sealed record StorageOptions
{
    /// <summary>The word for no directory.</summary>
    public const string Memory = "memory";

    /// <summary>The directory of a gateway in Development, in its working directory.</summary>
    public const string DevelopmentDirectory = "data";

    public static readonly SettingSection Section = new("Storage", "What outlives the process");

    /// <summary>Not together with a store that is shared.</summary>
    public static readonly Setting<string?> DataSetting = Section.AddAtRoot(
        "Data", Text("a path of at most 1024 characters, or memory", 1024), null,
        "Directory for what has to outlive the process: sessions, turns, their events and idempotency keys, in sluice.db. It is made if its parent is there, and must "
            + "be writable, on a disk of this machine, and used by one gateway at a time. memory: nothing is stored and a restart forgets all. Unset: data in the working "
            + "directory in Development, as long as that can be written to; else memory.");

    private static readonly Retention Unset = new();

    private static readonly Setting<TimeSpan> AgeSetting = Section.Add(
        "RetentionAge", Duration(TimeSpan.FromMinutes(1), TimeSpan.FromHours(24 * 3660)), Unset.Age,
        "How long a turn is stored after its last activity. At the bound it is forgotten with its key, and a session with its last turn.");

    private static readonly Setting<long> BytesSetting = Section.Add(
        "RetentionBytes", Size(1024 * 1024, 1024L * 1024 * 1024 * 1024), Unset.Bytes,
        "Bytes stored in all. At the bound the turns are forgotten whose last activity is longest ago.");

    private static readonly Setting<TimeSpan> EndPatienceSetting = Section.Add(
        "EndPatience", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)), TimeSpan.FromSeconds(30),
        "How long the end of a turn is tried again that cannot be stored. Readers wait for it; at the bound they are told that the turn has moved, and how it ended is found out when the store is back.");

    /// <summary>Null: unset.</summary>
    public required string? Data { get; init; }

    public required Retention Retention { get; init; }

    public required TimeSpan EndPatience { get; init; }

    public static StorageOptions Read(SettingReader settings) => new()
    {
        Data = settings.Get(DataSetting),
        Retention = new Retention { Age = settings.Get(AgeSetting), Bytes = settings.Get(BytesSetting) },
        EndPatience = settings.Get(EndPatienceSetting),
    };
}
