using Sluice.Core.Callers;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using Sluice.PostgresKit;
using Sluice.Storage.Postgres;
using static Sluice.Storage.Tests.StoredTurns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests.Postgres;

public sealed class LettersTests : PostgresTest
{
    private readonly RecordingPeerEvents _senderHeard = new();
    private readonly RecordingPeerEvents _holderHeard = new();

    [PostgresFact]
    public async Task A_request_is_sent_read_and_accepted_and_is_gone()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var letter = LetterOf("what now?");
        (await sender.SendAsync(letter, None)).ShouldBeTrue();
        await UntilAsync(() => _holderHeard.Count("letter") == 1);

        var received = (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem();
        received.Id.ShouldBe(letter.Id);
        received.Session.ShouldBe(Key());
        received.Kind.ShouldBe(LetterKind.Turn);
        RequestJson.Write(received.Request.ShouldNotBeNull()).ShouldBe(RequestJson.Write(letter.Request!));
        (await sender.ReceiveAsync(10, None)).ShouldBeEmpty("it is not for this one");
        (await sender.TakeReplyAsync(letter.Id, None)).ShouldBe((LetterState.Waiting, null));

        (await holder.AcceptAsync(ByLetter(letter.Id), None)).ShouldBe(Acceptance.Accepted);
        await UntilAsync(() => _senderHeard.Count($"reply {letter.Id}") == 1);
        (await sender.TakeReplyAsync(letter.Id, None)).ShouldBe((LetterState.Gone, null));
        (await sender.WithdrawAsync(letter.Id, None)).ShouldBeFalse();
        (await holder.ReceiveAsync(10, None)).ShouldBeEmpty();
        (await sender.FindTurnAsync(TenantId.Local, letter.Id, None)).ShouldNotBeNull().Holder.ShouldBe(SessionHolder.Another);
        _holderHeard.Heard.ShouldBe(["letter"]);
        _senderHeard.Heard.ShouldBe([$"reply {letter.Id}"]);
    }

    [PostgresFact]
    public async Task The_same_again_after_a_lost_answer_is_the_same()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var letter = LetterOf("what now?");
        (await sender.SendAsync(letter, None)).ShouldBeTrue();
        (await sender.SendAsync(letter, None)).ShouldBeTrue();
        (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem();
        (await holder.AcceptAsync(ByLetter(letter.Id), None)).ShouldBe(Acceptance.Accepted);
        (await holder.AcceptAsync(ByLetter(letter.Id), None)).ShouldBe(Acceptance.Accepted);
        (await sender.SendAsync(letter, None)).ShouldBeTrue("it is a turn already");
        (await holder.ReceiveAsync(10, None)).ShouldBeEmpty("and not a second one");

        var taken = LetterOf("and now?");
        await sender.SendAsync(taken, None);
        (await sender.WithdrawAsync(taken.Id, None)).ShouldBeTrue();
        (await sender.WithdrawAsync(taken.Id, None)).ShouldBeTrue();
        (await sender.TakeReplyAsync(taken.Id, None)).ShouldBe((LetterState.Gone, null));
        (await holder.ReceiveAsync(10, None)).ShouldBeEmpty();
        (await holder.AcceptAsync(ByLetter(taken.Id), None)).ShouldBe(Acceptance.Withdrawn);
        (await holder.FindTurnAsync(TenantId.Local, taken.Id, None)).ShouldBeNull();
    }

    [PostgresFact]
    public async Task A_letter_is_only_kept_when_another_is_there_to_read_it()
    {
        var (sender, holder) = await OpenAsync();
        (await sender.SendAsync(LetterOf("hello?"), None)).ShouldBeFalse("the session is not known");
        var turn = await BeginAsync(holder);
        (await holder.SendAsync(LetterOf("hello?"), None)).ShouldBeFalse("it is its own");
        await holder.EndAsync(Progress(turn), Completed(2), None);
        (await sender.SendAsync(LetterOf("hello?"), None)).ShouldBeFalse("nobody holds it");
        await holder.AcceptAsync(Accepted(TurnId.New()), None);
        await Database.CloseAsync(holder);
        await UntilAsync(async () => !await sender.SendAsync(LetterOf("hello?"), None));
        await Database.ExecuteAsync("delete from letters");
        (await sender.SendAsync(LetterOf("hello?"), None)).ShouldBeFalse("the holder is gone");
        (await Database.ScalarAsync<long>("select count(*) from letters")).ShouldBe(0);
    }

    [PostgresFact]
    public async Task Every_answer_is_read_as_it_was_given_and_is_gone_then()
    {
        var (sender, holder) = await OpenAsync();
        var turn = await BeginAsync(holder);
        foreach (var refusal in Enum.GetValues<Refusal>())
        {
            var letter = new Letter { Id = TurnId.New(), Session = Key(), Kind = LetterKind.Cancel, Turn = turn };
            await sender.SendAsync(letter, None);
            var received = (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem();
            (received.Kind, received.Turn, received.Request).ShouldBe((LetterKind.Cancel, turn, null));
            var reply = new Reply(refusal, refusal == Refusal.None ? turn : null);
            await holder.ReplyAsync(letter.Id, reply, None);
            await UntilAsync(() => _senderHeard.Count($"reply {letter.Id}") == 1);
            (await holder.ReceiveAsync(10, None)).ShouldBeEmpty();
            (await sender.WithdrawAsync(letter.Id, None)).ShouldBeFalse();
            (await sender.TakeReplyAsync(letter.Id, None)).ShouldBe((LetterState.Answered, reply));
            (await sender.TakeReplyAsync(letter.Id, None)).ShouldBe((LetterState.Gone, null));
        }

        await sender.SendAsync(new Letter { Id = TurnId.New(), Session = Key(), Kind = LetterKind.Forget }, None);
        (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem().Kind.ShouldBe(LetterKind.Forget);
    }

    [PostgresFact]
    public async Task Letters_are_read_the_oldest_first_and_by_whoever_holds_the_session_by_then()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var letters = Enumerable.Range(0, 4).Select(number => LetterOf($"{number}")).ToList();
        foreach (var letter in letters)
        {
            await sender.SendAsync(letter, None);
        }

        (await holder.ReceiveAsync(3, None)).Select(letter => letter.Id).ShouldBe(letters.Take(3).Select(letter => letter.Id));
        await holder.ReleaseAsync(Key(), 1, None);
        (await holder.ReceiveAsync(10, None)).ShouldBeEmpty();
        var third = await Database.OpenAsync();
        await third.TakeAsync(Key(), 1, None);
        (await third.ReceiveAsync(10, None)).Select(letter => letter.Id).ShouldBe(letters.Select(letter => letter.Id));
    }

    [PostgresFact]
    public async Task Senders_are_told_when_the_session_is_held_by_nobody_any_more()
    {
        var (sender, holder) = await OpenAsync();
        var turn = await BeginAsync(holder);
        var letter = LetterOf("too late");
        await sender.SendAsync(letter, None);
        await holder.EndAsync(Progress(turn), Completed(2), None);
        await UntilAsync(() => _senderHeard.Count($"reply {letter.Id}") == 1);
        (await sender.TakeReplyAsync(letter.Id, None)).ShouldBe((LetterState.Waiting, null));
        (await sender.WithdrawAsync(letter.Id, None)).ShouldBeTrue();
    }

    [PostgresFact]
    public async Task Of_a_withdrawal_and_an_acceptance_at_once_one_wins()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var (withdrawals, acceptances) = (0, 0);
        for (var round = 0; round < 200; round++)
        {
            var letter = LetterOf("?");
            await sender.SendAsync(letter, None);
            var withdrawing = Task.Run(async () =>
            {
                Thread.SpinWait(Random.Shared.Next(20_000));
                return await sender.WithdrawAsync(letter.Id, None);
            });
            var accepting = Task.Run(async () =>
            {
                Thread.SpinWait(Random.Shared.Next(20_000));
                return await holder.AcceptAsync(ByLetter(letter.Id), None);
            });
            var (isWithdrawn, outcome) = (await withdrawing, await accepting);
            outcome.ShouldBe(isWithdrawn ? Acceptance.Withdrawn : Acceptance.Accepted);
            (await holder.FindTurnAsync(TenantId.Local, letter.Id, None) is null).ShouldBe(isWithdrawn);
            (await sender.TakeReplyAsync(letter.Id, None)).State.ShouldBe(LetterState.Gone);
            _ = isWithdrawn ? withdrawals++ : acceptances++;
        }

        // Else it was no race.
        Math.Min(withdrawals, acceptances).ShouldBeGreaterThan(0);
    }

    [PostgresFact]
    public async Task Of_a_withdrawal_and_an_answer_at_once_one_wins()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        for (var round = 0; round < 50; round++)
        {
            var letter = LetterOf("?");
            await sender.SendAsync(letter, None);
            var withdrawing = sender.WithdrawAsync(letter.Id, None).AsTask();
            var answering = holder.ReplyAsync(letter.Id, new Reply(Refusal.Busy), None).AsTask();
            await answering;
            (await sender.TakeReplyAsync(letter.Id, None)).State.ShouldBe(await withdrawing ? LetterState.Gone : LetterState.Answered);
        }
    }

    [PostgresFact]
    public async Task Of_a_letter_that_is_not_accepted_nothing_is_lost()
    {
        var (sender, holder) = await OpenAsync();
        await holder.AcceptAsync(Accepted(TurnId.New(), key: "k"), None);
        var letter = LetterOf("?");
        await sender.SendAsync(letter, None);
        (await holder.AcceptAsync(ByLetter(letter.Id) with { Key = new IdempotencyKey("tester", "k", "print") }, None)).ShouldBe(Acceptance.KeyTaken);
        (await holder.AcceptAsync(ByLetter(letter.Id) with { Epoch = 9 }, None)).ShouldBe(Acceptance.NotHeld);
        (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem();

        // In a session that is not known yet, as when it was forgotten in between.
        (await holder.AcceptAsync(ByLetter(TurnId.New()) with { Session = Key("s2") }, None)).ShouldBe(Acceptance.Withdrawn);
        (await holder.FindSessionAsync(Key("s2"), 10, None)).ShouldBeNull();
    }

    [PostgresFact]
    public async Task Letters_that_nobody_asks_for_any_more_are_swept()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var (old, young) = (LetterOf("old"), LetterOf("young"));
        await sender.SendAsync(old, None);
        await sender.SendAsync(young, None);
        await Database.ExecuteAsync($"update letters set sent_at = sent_at - interval '11 minutes' where id = '{old.Id}'");
        await sender.PruneAsync(new Retention(), Noon, None);
        (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem().Id.ShouldBe(young.Id);
    }

    [PostgresFact]
    public async Task A_letter_of_a_later_version_hinders_no_other()
    {
        var (sender, holder) = await OpenAsync();
        await BeginAsync(holder);
        var (unknown, known) = (LetterOf("?"), LetterOf("?"));
        await sender.SendAsync(unknown, None);
        await sender.SendAsync(known, None);
        await Database.ExecuteAsync($"update letters set kind = 'greet' where id = '{unknown.Id}'");
        (await holder.ReceiveAsync(10, None)).ShouldHaveSingleItem().Id.ShouldBe(known.Id);
        await holder.ReplyAsync(known.Id, new Reply(Refusal.Busy), None);
        await Database.ExecuteAsync($"update letters set refusal = 'shy' where id = '{known.Id}'");
        (await sender.TakeReplyAsync(known.Id, None)).Reply.ShouldBe(new Reply(Refusal.StorageUnavailable));
    }

    private static Letter LetterOf(string text) => new() { Id = TurnId.New(), Session = Key(), Kind = LetterKind.Turn, Request = Request(text, key: "k1", user: "ada") };

    private static AcceptedTurn ByLetter(TurnId letter) => Accepted(letter, state: TurnState.Queued) with { CameByLetter = true };

    private async Task<(PostgresSessionStore Sender, PostgresSessionStore Holder)> OpenAsync()
    {
        var (sender, holder) = (await Database.OpenAsync(), await Database.OpenAsync());
        (sender.Events, holder.Events) = (_senderHeard, _holderHeard);
        return (sender, holder);
    }
}
