namespace Sluice.Storage.Sqlite;

/// <summary>Who holds a session, as it stands in the file.</summary>
/// <param name="Epoch">The newest under which it was held.</param>
/// <param name="Holder">The run that holds it, this or one that is over; null: none.</param>
/// <param name="LastHolder">The run that held it last.</param>
/// <param name="IsUnfinished">It has turns without an end.</param>
internal readonly record struct Holding(long Epoch, long? Holder, long? LastHolder, bool IsUnfinished)
{
    /// <summary>
    /// Whether a run may keep a new turn under an epoch. Turns without an end have to be taken over first: nobody else would ever end them. The same epoch again is only
    /// for the one that held it last: another has not seen what was said under it.
    /// </summary>
    public bool Admits(long run, long epoch) => Holder is { } holder
        ? holder == run && epoch == Epoch
        : !IsUnfinished && (epoch == Epoch + 1 || (epoch == Epoch && LastHolder == run));
}
