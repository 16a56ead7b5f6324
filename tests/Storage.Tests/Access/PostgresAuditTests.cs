using Sluice.Core.Audit;
using Sluice.Storage.Postgres;
using Sluice.Storage.Tests.Postgres;

namespace Sluice.Storage.Tests.Access;

[NeedsPostgres]
public sealed class PostgresAuditTests : AuditStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private TestDatabase _database = null!;
    private PostgresAccess _access = null!;

    protected override IAuditSource Source => _access.Audit;

    public override async Task InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _access = await PostgresAccess.OpenAsync(new PostgresOptions { ConnectionString = _database.ConnectionString }, TimeProvider.System);
    }

    public override async Task DisposeAsync()
    {
        await _access.DisposeAsync();
        await _database.DisposeAsync();
    }

    [StoreFact]
    public async Task A_record_that_is_changed_or_taken_out_is_found()
    {
        await using var store = NewStore(long.MaxValue);
        var head = await store.OpenAsync(None);
        await store.AppendAsync(new AuditBatch(1, DateTimeOffset.UtcNow, [.. Enumerable.Range(0, 5).Select(_ => Line(head, out head))]), None);

        await _database.ExecuteAsync("delete from audit_records where sequence = 3");
        (await new AuditVerification().RunAsync(Source, None)).ShouldNotBeNull().Place.ShouldBe($"chain {head.Chain}, sequence 4");

        await _database.ExecuteAsync("update audit_records set record = convert_to(replace(convert_from(record, 'UTF8'), 'acme', 'evil'), 'UTF8') where sequence = 2");
        (await new AuditVerification().RunAsync(Source, None)).ShouldNotBeNull().Place.ShouldBe($"chain {head.Chain}, sequence 2");
    }

    [StoreFact]
    public async Task A_process_whose_chain_was_removed_as_a_whole_begins_another()
    {
        await using var store = NewStore(long.MaxValue);
        var head = await store.OpenAsync(None);
        var line = Line(head, out var first);
        await store.AppendAsync(new AuditBatch(1, DateTimeOffset.UtcNow, [line]), None);

        await NewStore(1).RemoveAsync(first, None);

        (await store.AppendAsync(new AuditBatch(2, DateTimeOffset.UtcNow, [Line(first, out _)]), None)).ShouldBeFalse();
        (await store.OpenAsync(None)).Chain.ShouldNotBe(head.Chain);
    }

    protected override IAuditStore NewStore(long bytes) => _access.NewAuditChain("gateway", bytes);
}
