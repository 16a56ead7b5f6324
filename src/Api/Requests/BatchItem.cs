namespace Sluice.Api.Requests;

/// <summary>Marks a request as one of a batch.</summary>
/// <param name="Path">Where it stands in the batch's body, as a JSON path.</param>
internal sealed record BatchItem(string Path)
{
    /// <summary>The field that stands for the header which an item cannot have.</summary>
    public const string KeyField = "idempotency_key";
}
