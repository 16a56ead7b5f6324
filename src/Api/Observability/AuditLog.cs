using System.Text;
using Sluice.Core.Audit;

namespace Sluice.Api.Observability;

/// <summary>The audit trail of a gateway that stores nothing: a line of the log for each record, linked all the same. What keeps the log keeps the trail.</summary>
internal sealed partial class AuditLog(ILogger<AuditLog> log) : IAuditStore
{
    public ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken) => new(AuditHead.None($"gateway-{Guid.CreateVersion7():N}"));

    public ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken)
    {
        foreach (var line in batch.Lines)
        {
            Record(log, Encoding.ASCII.GetString(line.Span));
        }

        return new(true);
    }

    public ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken) => default;

    public ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => default;

    [LoggerMessage(51, LogLevel.Information, "Audit {Record}")]
    private static partial void Record(ILogger log, string record);
}
