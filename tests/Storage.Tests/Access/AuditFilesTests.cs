using Sluice.Core.Audit;
using Sluice.Core.Storage;
using Sluice.Storage.Files;
using Sluice.Storage.Tests.Sqlite;
using static Sluice.Storage.Tests.StoredTurns;

namespace Sluice.Storage.Tests.Access;

public sealed class AuditFilesTests : AuditStoreContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();

    private string Trail => Path.Combine(_directory.Path, "audit");

    protected override IAuditSource Source => new AuditFiles(Trail, "gateway", 0);

    public override Task InitializeAsync() => Task.CompletedTask;

    public override Task DisposeAsync()
    {
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_line_that_a_machine_did_not_finish_is_written_over_and_not_a_break()
    {
        var head = await AppendAsync(3);
        await File.AppendAllTextAsync(Newest(), """{"chain":"gateway","seq":4,"at":"2026-""");
        (await new AuditVerification().RunAsync(Source, None)).ShouldBeNull("it may be being written");

        (await AppendAsync(2)).Sequence.ShouldBe(head.Sequence + 2);

        var verification = new AuditVerification();
        (await verification.RunAsync(Source, None)).ShouldBeNull();
        verification.Records.ShouldBe(5);
    }

    [Fact]
    public async Task A_chain_whose_last_record_was_changed_is_not_gone_on_with()
    {
        await AppendAsync(3);
        var text = await File.ReadAllTextAsync(Newest());
        await File.WriteAllTextAsync(Newest(), text.Replace("\"seq\":3", "\"seq\":8", StringComparison.Ordinal));

        (await Should.ThrowAsync<StorageUnavailableException>(() => AppendAsync(1))).Fault.ShouldBe(StorageFault.Corrupt);
        (await new AuditVerification().RunAsync(Source, None)).ShouldNotBeNull().Place.ShouldBe($"{Newest()}, line 3");
    }

    [Fact]
    public async Task A_file_that_is_taken_away_is_found()
    {
        await using (var store = new AuditFiles(Trail, "gateway", 16 * 500))
        {
            var head = await store.OpenAsync(None);
            for (var i = 0; i < 12; i++)
            {
                var line = Line(head, out head);
                await store.AppendAsync(new AuditBatch(head.Sequence, Noon, [line]), None);
            }
        }

        var files = Directory.GetFiles(Trail, "*.jsonl").Order(StringComparer.Ordinal).ToList();
        files.Count.ShouldBeGreaterThan(3);
        File.Delete(files[1]);

        (await new AuditVerification().RunAsync(Source, None)).ShouldNotBeNull().Place.ShouldBe($"{files[2]}, line 1");
    }

    [Fact]
    public async Task Two_processes_do_not_write_one_chain()
    {
        await using var first = new AuditFiles(Trail, "gateway", 1024 * 1024);
        await first.OpenAsync(None);
        await using var second = new AuditFiles(Trail, "gateway", 1024 * 1024);

        await Should.ThrowAsync<StorageUnavailableException>(() => second.OpenAsync(None).AsTask());
    }

    [Fact]
    public async Task Only_its_owner_can_read_it()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await AppendAsync(1);

        File.GetUnixFileMode(Newest()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode(Trail).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    protected override IAuditStore NewStore(long bytes) => new AuditFiles(Trail, "gateway", bytes);

    private async Task<AuditHead> AppendAsync(int records)
    {
        await using var store = new AuditFiles(Trail, "gateway", 1024 * 1024);
        var head = await store.OpenAsync(None);
        var first = head.Sequence + 1;
        var lines = Enumerable.Range(0, records).Select(_ => Line(head, out head)).ToList();
        await store.AppendAsync(new AuditBatch(first, Noon, lines), None);
        return head;
    }

    private string Newest() => Directory.GetFiles(Trail, "*.jsonl").Order(StringComparer.Ordinal).Last();
}
