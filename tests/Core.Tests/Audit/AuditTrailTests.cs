using Sluice.Core.Audit;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Audit;

public sealed class AuditTrailTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Decisions_are_recorded_in_the_order_in_which_they_came_and_hang_together()
    {
        var store = new RecordedTrail();
        await using (var trail = await StartAsync(store))
        {
            for (var i = 0; i < 5000; i++)
            {
                trail.TryRecord(Admitted($"c{i}")).ShouldBeTrue();
            }
        }

        var records = store.Records;
        records.Count.ShouldBe(5001);
        records[0].GetProperty("action").GetString().ShouldBe("opened");
        records.Skip(1).Select(record => record.GetProperty("credential").GetString()).ShouldBe(Enumerable.Range(0, 5000).Select(i => $"c{i}"));
        (await new AuditVerification().RunAsync(store, None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_trail_goes_on_where_the_process_before_it_left_off()
    {
        var store = new RecordedTrail();
        for (var run = 0; run < 3; run++)
        {
            await using var trail = await StartAsync(store);
            trail.TryRecord(Admitted("a"));
        }

        var verification = new AuditVerification();
        (await verification.RunAsync(store, None)).ShouldBeNull();
        verification.Records.ShouldBe(6);
        verification.Heads.ShouldHaveSingleItem().Sequence.ShouldBe(6);
    }

    [Fact]
    public async Task Nothing_waits_for_a_store_that_is_away_and_what_waited_is_recorded_when_it_is_back()
    {
        var store = new RecordedTrail { IsAway = true };
        await using var trail = await StartAsync(store, waiting: 64);
        await store.FailedAsync();
        var taken = 0;
        while (trail.TryRecord(Admitted($"c{taken}")))
        {
            taken++;
        }

        // What was there first is tried again; as many as may wait behind it.
        taken.ShouldBe(64);
        trail.Lose();
        trail.Lose();
        store.IsAway = false;
        while (store.Records.Count == 0)
        {
            _time.AdvanceToTimer(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        var records = await store.RecordsAsync(records => records.Any(record => record.GetProperty("action").GetString() == "lost"));
        records.Count(record => record.GetProperty("action").GetString() == "admitted").ShouldBe(taken);
        records.Single(record => record.GetProperty("action").GetString() == "lost").GetProperty("count").GetInt64().ShouldBe(2);
        store.Failures.ShouldBe(1);
        store.Recoveries.ShouldBe(1);
        (await new AuditVerification().RunAsync(store, None)).ShouldBeNull();
    }

    [Fact]
    public async Task The_oldest_records_go_on_the_record_and_what_is_left_is_unbroken()
    {
        var store = new RecordedTrail { Most = 40 };
        await using (var trail = await StartAsync(store))
        {
            for (var i = 0; i < 120; i++)
            {
                trail.TryRecord(Admitted($"c{i}"));
                await store.RecordsAsync(records => records.Any(record => record.TryGetProperty("credential", out var said) && said.GetString() == $"c{i}"));
            }
        }

        store.Records.Count.ShouldBeLessThanOrEqualTo(42);
        store.Records.ShouldContain(record => record.GetProperty("action").GetString() == "removed");
        (await new AuditVerification().RunAsync(store, None)).ShouldBeNull();
    }

    private static AuditEntry Admitted(string credential) => new(AuditAction.Admitted, DateTimeOffset.UnixEpoch) { CredentialId = credential };

    private async Task<AuditTrail> StartAsync(RecordedTrail store, int waiting = 8192)
    {
        var trail = new AuditTrail(store, waiting, _time, store);
        await trail.StartAsync(None);
        return trail;
    }
}
