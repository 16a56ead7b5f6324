using System.Collections.Concurrent;
using Sluice.Core.Engines;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;

namespace Sluice.Storage.Tests.Postgres;

public sealed class CircuitReportsTests : PostgresTest
{
    private const string Engine = "projects/p1/locations/us-central1/reasoningEngines/42";
    private static readonly CircuitReport Opened = new(Engine, TimeSpan.FromMilliseconds(4321));
    private static readonly CircuitReport Closed = new(Engine, TriedAgainIn: null);

    [PostgresFact]
    public async Task What_one_tells_all_others_hear_in_order_and_itself_does_not()
    {
        var stores = new[] { await Database.OpenAsync(), await Database.OpenAsync(), await Database.OpenAsync() };
        var heard = stores.Select(Hear).ToArray();
        stores[0].Tell(Opened);
        await UntilAsync(() => heard[1].Count == 1 && heard[2].Count == 1);
        stores[1].Tell(Closed);
        await UntilAsync(() => heard[0].Count == 1 && heard[2].Count == 2);
        heard[0].ShouldBe([Closed]);
        heard[1].ShouldBe([Opened]);
        heard[2].ShouldBe([Opened, Closed]);
    }

    [PostgresFact]
    public async Task Who_has_left_hears_no_more()
    {
        var (one, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        ConcurrentQueue<CircuitReport> left = [];
        other.Listen(left.Enqueue).Dispose();
        var stayed = Hear(other);
        one.Tell(Opened);
        await UntilAsync(() => stayed.Count == 1);
        left.ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task One_whose_connection_broke_hears_what_comes_after()
    {
        var (one, other) = (await Database.OpenAsync(), await Database.OpenAsync());
        var heard = Hear(other);
        await EndConnectionsAsync("query like 'listen%'");
        await UntilAsync(() =>
        {
            one.Tell(Opened);
            return !heard.IsEmpty;
        });
    }

    [Theory]
    [InlineData("c")]
    [InlineData("c 1")]
    [InlineData("c 1 5")]
    [InlineData("c x 5 engine")]
    [InlineData("c 1 x engine")]
    [InlineData("c 1 -5 engine")]
    [InlineData("c 1 99999999999 engine")]
    [InlineData("c 1 5 engine more")]
    [InlineData("t 1 5 engine")]
    public void What_is_no_report_is_not_taken_for_one(string payload) => WakeUp.ReadReport(payload).ShouldBeNull();

    private static ConcurrentQueue<CircuitReport> Hear(PostgresSessionStore store)
    {
        var heard = new ConcurrentQueue<CircuitReport>();
        store.Listen(heard.Enqueue);
        return heard;
    }
}
