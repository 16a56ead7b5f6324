using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

public sealed class FollowingTests : PostgresTest
{
    private readonly RecordingPeerEvents _heard = new();
    private readonly RecordingPeerEvents _holderHeard = new();

    [PostgresFact]
    public async Task Followers_are_told_how_far_turns_are_and_woken_for_what_comes()
    {
        var (follower, holder) = await OpenAsync();
        var (one, two) = (await BeginAsync(holder, "s1"), await BeginAsync(holder, "s2"));
        await holder.AppendAsync(Progress(one, Events(2, "a", "b")), None);
        (await follower.FollowAsync([one, two, TurnId.New()], None)).OrderBy(turn => turn.LastSequence).ShouldBe(
        [
            new FollowedTurn(two, 1, HasEnded: false, SessionHolder.Another),
            new FollowedTurn(one, 3, HasEnded: false, SessionHolder.Another),
        ]);
        await UntilAsync(() => _holderHeard.Count($"followed {one}") == 1 && _holderHeard.Count($"followed {two}") == 1);

        await UntilAsync(() => _heard.Count($"moved {one}") == 1 && _heard.Count($"moved {two}") == 1);

        await holder.AppendAsync(Progress(one, Events(4, "c")), None);
        await UntilAsync(() => _heard.Count($"moved {one}") == 2);
        (await follower.FollowAsync([one], None)).ShouldBe([new FollowedTurn(one, 4, HasEnded: false, SessionHolder.Another)]);
        await holder.EndAsync(Progress(one), Completed(5), None);
        await UntilAsync(() => _heard.Count($"moved {one}") == 3);
        (await follower.FollowAsync([one], None)).ShouldBe([new FollowedTurn(one, 5, HasEnded: true, SessionHolder.Nobody)]);
        _heard.Count($"moved {two}").ShouldBe(1);
        await UntilAsync(() => _holderHeard.Count($"followed {one}") == 2);
    }

    [PostgresFact]
    public async Task Nobody_is_woken_for_what_nobody_follows()
    {
        var (follower, holder) = await OpenAsync();
        var third = await Database.OpenAsync();
        var thirdHeard = new RecordingPeerEvents();
        third.Events = thirdHeard;
        var (followed, other) = (await BeginAsync(holder, "s1"), await BeginAsync(holder, "s2"));
        await follower.FollowAsync([followed], None);
        await UntilAsync(() => _holderHeard.Count($"followed {followed}") == 1);
        await holder.AppendAsync(Progress(other, Events(2, "a"), session: "s2"), None);
        await holder.EndAsync(Progress(other, session: "s2"), Completed(3), None);
        await holder.EndAsync(Progress(followed), Completed(2), None);
        await UntilAsync(() => _heard.Heard.Count > 1);
        _heard.Heard.ShouldBe([$"moved {followed}", $"moved {followed}"]);
        thirdHeard.Heard.ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task Followers_are_woken_when_a_turn_is_let_go()
    {
        var (follower, holder) = await OpenAsync();
        var turn = await BeginAsync(holder);
        await follower.FollowAsync([turn], None);
        await UntilAsync(() => _holderHeard.Count($"followed {turn}") == 1);
        await UntilAsync(() => _heard.Count($"moved {turn}") == 1);
        await holder.ReleaseAsync(Key(), 1, None);
        await UntilAsync(() => _heard.Count($"moved {turn}") == 2);
        (await follower.FollowAsync([turn], None)).ShouldBe([new FollowedTurn(turn, 1, HasEnded: false, SessionHolder.Nobody)]);
        await follower.TakeAsync(Key(), 1, None);
        (await follower.FollowAsync([turn], None)).ShouldBe([new FollowedTurn(turn, 1, HasEnded: false, SessionHolder.This)]);
        (await holder.FollowAsync([turn], None)).ShouldBe([new FollowedTurn(turn, 1, HasEnded: false, SessionHolder.Another)]);
    }

    [PostgresFact]
    public async Task Many_turns_are_followed_in_one_look()
    {
        var (follower, holder) = await OpenAsync();
        var turns = new List<TurnId>();
        foreach (var number in Enumerable.Range(0, 450))
        {
            turns.Add(TurnId.New());
        }

        await Task.WhenAll(turns.Index().Select(turn => holder.AcceptAsync(Accepted(turn.Item, $"s{turn.Index}"), None).AsTask()));
        (await follower.FollowAsync(turns, None)).Count.ShouldBe(450);
        await UntilAsync(() => _holderHeard.Heard.Count == 450);
        _holderHeard.Heard.Distinct().Count().ShouldBe(450);
    }

    [PostgresFact]
    public async Task One_that_listens_again_is_told_that_it_may_have_missed_something()
    {
        var (follower, holder) = await OpenAsync();
        var turn = await BeginAsync(holder);
        await EndConnectionsAsync("query like 'listen%'");
        await UntilAsync(() => _heard.Count("may have missed") == 1 && _holderHeard.Count("may have missed") == 1);
        await follower.FollowAsync([turn], None);
        await UntilAsync(() => _holderHeard.Count($"followed {turn}") == 1 && _heard.Count($"moved {turn}") == 1);
        await holder.AppendAsync(Progress(turn, Events(2, "a")), None);
        await UntilAsync(() => _heard.Count($"moved {turn}") == 2);
    }

    [PostgresFact]
    public async Task One_that_begins_to_follow_is_woken_once_for_what_came_since_it_looked()
    {
        var (follower, holder) = await OpenAsync();
        var turn = await BeginAsync(holder);
        await follower.FollowAsync([turn], None);
        await UntilAsync(() => _heard.Count($"moved {turn}") == 1);
        for (var look = 0; look < 5; look++)
        {
            await follower.FollowAsync([turn], None);
        }

        await holder.AppendAsync(Progress(turn, Events(2, "a")), None);
        await UntilAsync(() => _heard.Count($"moved {turn}") == 2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("l x")]
    [InlineData("r")]
    [InlineData("r x")]
    [InlineData("t 0193")]
    [InlineData("f")]
    [InlineData("f x")]
    [InlineData("f -1")]
    [InlineData("z 1")]
    [InlineData("  ")]
    public void What_is_no_wake_up_wakes_nobody_for_nothing(string payload)
    {
        var (kind, _, ids) = WakeUp.Read(payload);
        ids.ShouldBeEmpty();
        (kind is null or WakeUp.Letter).ShouldBeTrue();
    }

    private async Task<(PostgresSessionStore Follower, PostgresSessionStore Holder)> OpenAsync()
    {
        var (follower, holder) = (await Database.OpenAsync(), await Database.OpenAsync());
        (follower.Events, holder.Events) = (_heard, _holderHeard);
        return (follower, holder);
    }
}
