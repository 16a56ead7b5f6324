using Sluice.Vertex.Recovery;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>How a turn is looked for whose answer did not arrive whole, as <see cref="RecoveryPolicy"/> declares it.</summary>
internal static class RecoveryOptions
{
    public static readonly SettingSection Section = new("Recovery", "Finding out what became of a turn whose answer broke off, from the engine's own session");

    private static readonly RecoveryPolicy Unset = new();

    private static readonly Setting<TimeSpan> Patience = Section.Add(
        "Patience", Duration(TimeSpan.Zero, TimeSpan.FromMinutes(10)), Unset.Patience,
        "How long to look: events appear late, and an engine may work on after its connection broke. 0s: not at all, such a turn ends as unknown at once.");

    private static readonly Setting<TimeSpan> Quiet = Section.Add(
        "Quiet", Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)), Unset.Quiet,
        "How long nothing may follow a final response until it is the end. Longer than the pause between two agents that work one after the other.");

    private static readonly Setting<int> ReadsAtOnce = Section.Add(
        "ReadsAtOnce", Count(1, 256), Unset.ReadsAtOnce,
        "Sessions read at a time, for each engine and region: many streams break together, and reads have a quota. Others wait within their patience.");

    public static RecoveryPolicy Read(SettingReader settings) => new()
    {
        Patience = settings.Get(Patience),
        Quiet = settings.Get(Quiet),
        ReadsAtOnce = settings.Get(ReadsAtOnce),
    };
}
