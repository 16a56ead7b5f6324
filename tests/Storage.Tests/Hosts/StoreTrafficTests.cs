using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.Storage.Sqlite;
using Sluice.Storage.Tests.Sqlite;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Hosts;

/// <summary>What a host asks of its store, and how often.</summary>
public sealed class StoreTrafficTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly SessionLimits Limits = new() { Sessions = 1000 };

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly ScriptedEngine _engine = new();
    private GatedStore _store = null!;
    private StoredHost _stored = null!;

    private ISessionHost Host => _stored.Host;

    public Task InitializeAsync()
    {
        Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stored.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_session_that_was_named_for_its_first_request_is_not_looked_for()
    {
        await using var reader = await StartAsync(Request("hello", beginsSession: true));
        (await _engine.NextCallAsync()).Complete();
        (await reader.ReadAsync()).Words().ShouldBe("started completed");
        _store.Looks.ShouldBe(0);
    }

    [Fact]
    public async Task A_session_that_is_known_although_it_should_be_new_goes_on()
    {
        await using (var first = await StartAsync(Request("hello")))
        {
            (await _engine.NextCallAsync()).Complete();
            await first.ReadAsync();
        }

        await _stored.DisposeAsync();
        Start();
        await using var second = await StartAsync(Request("again", beginsSession: true));
        (await _engine.NextCallAsync()).Complete();
        (await second.ReadAsync()).Words().ShouldBe("started completed");
        (await Host.FindSessionAsync(Key(), None)).ShouldNotBeNull().Turns.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_few_turns_are_written_down_four_times_a_second()
    {
        var written = await AppendsAsync(turns: 1, within: TimeSpan.FromSeconds(3));
        written.ShouldBeInRange(8, 10, "every third pulse of 100 ms, or the next when the last batch is not done");
    }

    [Fact]
    public async Task Of_many_turns_no_more_than_a_thousand_batches_a_second_are_written()
    {
        var written = await AppendsAsync(turns: 500, within: TimeSpan.FromSeconds(3));
        written.ShouldBeInRange(500 * 4, 500 * 6);
    }

    // Each turn has something new at every pulse.
    private async Task<int> AppendsAsync(int turns, TimeSpan within)
    {
        var appends = 0;
        using var done = new SemaphoreSlim(0);
        _store.BeforeAppend = () =>
        {
            Interlocked.Increment(ref appends);
            return Task.CompletedTask;
        };
        _store.AfterAppend = () => done.Release();
        var readers = new List<ITurnReader>();
        var calls = new List<ScriptedCall>();
        for (var turn = 0; turn < turns; turn++)
        {
            readers.Add(await StartAsync(Request("hello", $"s{turn}")));
            calls.Add(await _engine.NextCallAsync());
        }

        for (var passed = TimeSpan.Zero; passed < within; passed += TimeSpan.FromMilliseconds(100))
        {
            calls.ForEach(call => call.Emit("a"));
            var before = Volatile.Read(ref appends);
            _time.Advance(TimeSpan.FromMilliseconds(100));
            for (var begun = Volatile.Read(ref appends) - before; begun > 0; begun--)
            {
                (await done.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
            }
        }

        calls.ForEach(call => call.Complete());
        foreach (var reader in readers)
        {
            await reader.ReadAsync();
            await reader.DisposeAsync();
        }

        return appends;
    }

    private void Start()
    {
        _store = new GatedStore(SqliteSessionStore.Open(new SqliteOptions { Path = _directory.File }, _time));
        _stored = StoredHost.Start(_store, _engine, Limits, _time, new RecordingObserver());
    }

    private async Task<ITurnReader> StartAsync(TurnRequest request) =>
        (await Host.StartAsync(request, ReadInterest.EveryEvent, None)).Reader.ShouldNotBeNull();
}
