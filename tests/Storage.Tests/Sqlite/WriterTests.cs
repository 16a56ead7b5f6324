using Sluice.Storage.Sqlite;

namespace Sluice.Storage.Tests.Sqlite;

public sealed class WriterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nothing_is_acknowledged_before_the_transaction_it_shares_is_committed()
    {
        var file = new SqliteFile(new SqliteOptions { Path = _directory.File });
        await using var writer = new Writer(file, waiting: 16, observer: null);
        using var first = new ManualResetEventSlim();
        using var last = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = writer.TakeAsync(_ => Wait(begun, first));
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10));
        var grouped = writer.TakeAsync(db => db.Execute("create table kept (number integer)"));
        var behind = writer.TakeAsync(_ => Wait(reached, last));
        first.Set();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(10));

        (await before).ShouldBeTrue();
        grouped.IsCompleted.ShouldBeFalse("its transaction is still open");
        last.Set();
        (await behind).ShouldBeTrue();
        await grouped;
        using var other = new Statements(file.OpenForReading());
        other.Scalar("select count(*) from kept").ShouldBe(0L);
    }

    private static bool Wait(TaskCompletionSource here, ManualResetEventSlim gate)
    {
        here.SetResult();
        return gate.Wait(TimeSpan.FromSeconds(10));
    }
}
