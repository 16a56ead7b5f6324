namespace Sluice.Core.Audit;

/// <summary>The last record of a chain: what the next one hangs on.</summary>
/// <param name="Chain">Name of the chain, 1 to 64 of a-z, 0-9 and hyphen.</param>
/// <param name="Sequence">Number of the record, from 1 without gaps; 0: there is none yet.</param>
/// <param name="Hash">Its hash, 64 lower-case hexadecimal digits.</param>
public sealed record AuditHead(string Chain, long Sequence, string Hash)
{
    /// <summary>Stands before the first record.</summary>
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    public static AuditHead None(string chain) => new(chain, 0, NoHash);
}
