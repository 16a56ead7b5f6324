using Sluice.Core.Audit;
using Sluice.TestKit;
using static Sluice.Storage.Tests.StoredTurns;

namespace Sluice.Storage.Tests.Access;

/// <summary>What every store of audit records promises.</summary>
public abstract class AuditStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <param name="bytes">Of all records together.</param>
    protected abstract IAuditStore NewStore(long bytes);

    /// <summary>All that is there.</summary>
    protected abstract IAuditSource Source { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    [StoreFact]
    public async Task Records_are_found_as_they_were_written_and_hang_together_from_process_to_process()
    {
        for (var run = 0; run < 3; run++)
        {
            await RecordAsync(NewStore(long.MaxValue), 100);
        }

        var verification = new AuditVerification();
        (await verification.RunAsync(Source, None)).ShouldBeNull();
        verification.Records.ShouldBe(3 * 101);
    }

    [StoreFact]
    public async Task The_same_records_again_are_there_once()
    {
        await using var store = NewStore(long.MaxValue);
        var head = await store.OpenAsync(None);
        var batch = new AuditBatch(1, Noon, [Line(head, out head), Line(head, out head)]);

        (await store.AppendAsync(batch, None)).ShouldBeTrue();
        (await store.AppendAsync(batch, None)).ShouldBeTrue();
        (await store.AppendAsync(new AuditBatch(3, Noon, [Line(head, out _)]), None)).ShouldBeTrue();

        var verification = new AuditVerification();
        (await verification.RunAsync(Source, None)).ShouldBeNull();
        verification.Records.ShouldBe(3);
    }

    [StoreFact]
    public async Task What_is_kept_has_a_bound_and_what_is_left_is_unbroken()
    {
        const long Bytes = 1024 * 1024;
        for (var run = 0; run < 4; run++)
        {
            await RecordAsync(NewStore(Bytes), 2000);
        }

        var (bytes, records) = (0L, 0L);
        await foreach (var record in Source.ReadAsync(None))
        {
            bytes += record.Line.Length;
            records++;
        }

        records.ShouldBeLessThan(4 * 2001);
        bytes.ShouldBeInRange(Bytes / 4, Bytes + (Bytes / 2));
        (await new AuditVerification().RunAsync(Source, None)).ShouldBeNull();
    }

    private protected static ReadOnlyMemory<byte> Line(AuditHead before, out AuditHead head)
    {
        var line = new System.Buffers.ArrayBufferWriter<byte>();
        head = AuditRecord.Write(new AuditEntry(AuditAction.Admitted, Noon) { Tenant = "acme" }, before, line);
        return line.WrittenMemory;
    }

    private static async Task RecordAsync(IAuditStore store, int decisions)
    {
        await using var trail = new AuditTrail(store, 100_000, TimeProvider.System, new RecordedTrail());
        await trail.StartAsync(None);
        for (var i = 0; i < decisions; i++)
        {
            trail.TryRecord(new AuditEntry(AuditAction.Admitted, DateTimeOffset.UtcNow)
            {
                Tenant = "acme",
                Subject = "app",
                CredentialId = "aaaaaaaaaaaaaaaa",
                Method = "POST",
                Route = "/invoke/stream",
                TraceId = "00000000000000000000000000000000",
            }).ShouldBeTrue();
        }
    }
}
