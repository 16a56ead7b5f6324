using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Which decisions are recorded.</summary>
internal enum AuditExtent
{
    All,
    Refusals,
    Off,
}

/// <summary>What becomes of a request that would be let in and of which no record can be taken.</summary>
internal enum AuditBound
{
    Refuse,
    Drop,
}

/// <summary>The record of who was let in and who was not.</summary>
internal sealed record AuditOptions
{
    public static readonly SettingSection Section = new("Audit", "The record of who was let in, who was kept out, and which keys were changed");

    private static readonly Setting<AuditExtent> ExtentSetting = Section.Add(
        "Record", Choice<AuditExtent>(), AuditExtent.All,
        "all: each decision, where callers have to say who they are. refusals: only those who were kept out. off: none. In audit under Sluice:Data, or in PostgreSQL; where "
            + "nothing is stored, in the log. Changes of keys are always recorded where there is a store.");

    private static readonly Setting<AuditBound> WhenFullSetting = Section.Add(
        "WhenFull", Choice<AuditBound>(), AuditBound.Refuse,
        "When as many records wait to be written as may. refuse: nobody is let in without a record (503). drop: they are let in, and how many is recorded later.");

    private static readonly Setting<int> WaitingSetting = Section.Add(
        "Waiting", Count(16, 1_000_000), 8192,
        "Records that may wait to be written. What waits is lost when the process is killed.");

    private static readonly Setting<long> BytesSetting = Section.Add(
        "Bytes", Size(1024 * 1024, 1024L * 1024 * 1024 * 1024), 1024L * 1024 * 1024,
        "Bytes of records kept, of all nodes together. At the bound the oldest go, which is recorded. A request takes about 400.");

    public required AuditExtent Extent { get; init; }

    public required AuditBound WhenFull { get; init; }

    public required int Waiting { get; init; }

    public required long Bytes { get; init; }

    public static AuditOptions Read(SettingReader settings) => new()
    {
        Extent = settings.Get(ExtentSetting),
        WhenFull = settings.Get(WhenFullSetting),
        Waiting = settings.Get(WaitingSetting),
        Bytes = settings.Get(BytesSetting),
    };
}
