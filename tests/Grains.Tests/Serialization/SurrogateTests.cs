using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Limits;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Turns;

namespace Sluice.Grains.Tests.Serialization;

/// <summary>What goes from process to process arrives whole.</summary>
public sealed class SurrogateTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void A_request_arrives_as_it_was_made()
    {
        var sent = new TurnRequest
        {
            Caller = new Caller(new TenantId("acme"), "ada") { Scopes = Scopes.Invoke, CredentialId = "c" },
            Session = SessionId.Parse("s:1"),
            Input = TurnInput.OfObject(Encoding.UTF8.GetBytes("""{"a": 1}""")),
            Delivery = Delivery.Streamed,
            UserId = "u",
            ClassMethod = "m",
            Engine = "e",
            OnBusy = BusyPolicy.Interrupt,
            IdempotencyKey = "k",
            Fingerprint = "f",
            Grace = TimeSpan.FromSeconds(3),
            BeginsSession = true,
            IsStateless = true,
            CacheControl = new CacheControl { NoCache = true, NoStore = true, OnlyIfCached = true, MaxAge = TimeSpan.FromSeconds(1), MinFresh = TimeSpan.FromSeconds(2), MaxStale = TimeSpan.FromSeconds(3) },
        };
        var arrived = Send(sent);
        arrived.Input.Json.ToArray().ShouldBe(sent.Input.Json.ToArray());
        arrived.Input.IsText.ShouldBeFalse();
        (arrived.BeginsSession, arrived.IsStateless, arrived.CacheControl).ShouldBe((true, true, sent.CacheControl));
        (arrived.Caller, arrived.Session, arrived.Delivery, arrived.UserId, arrived.ClassMethod, arrived.Engine)
            .ShouldBe((sent.Caller, sent.Session, sent.Delivery, sent.UserId, sent.ClassMethod, sent.Engine));
        (arrived.OnBusy, arrived.IdempotencyKey, arrived.Fingerprint, arrived.Grace).ShouldBe((sent.OnBusy, sent.IdempotencyKey, sent.Fingerprint, sent.Grace));
    }

    [Fact]
    public void A_request_without_grace_is_not_one_that_goes_on_for_ever()
    {
        Send(TestKit.Turns.Request("hello", grace: TimeSpan.Zero)).Grace.ShouldBe(TimeSpan.Zero);
        Send(TestKit.Turns.Request("hello", grace: null)).Grace.ShouldBeNull();
    }

    [Fact]
    public void A_text_that_is_part_of_its_event_stays_so_and_any_other_comes_with_it()
    {
        byte[] raw = [1, 2, 3, 4];
        var part = Send(new TurnEvent { Sequence = 2, Kind = TurnEventKind.Delta, Raw = raw, Text = raw.AsMemory(1, 2) });
        part.Text.ToArray().ShouldBe([2, 3]);
        part.Raw.Span.Overlaps(part.Text.Span).ShouldBeTrue();
        var other = Send(new TurnEvent { Sequence = 3, Kind = TurnEventKind.Delta, Raw = raw, Text = new byte[] { 7 } });
        other.Raw.ToArray().ShouldBe(raw);
        other.Text.ToArray().ShouldBe([7]);
        var without = Send(new TurnEvent { Sequence = 4, Kind = TurnEventKind.Delta, Raw = raw });
        without.Text.IsEmpty.ShouldBeTrue();
        without.Raw.ToArray().ShouldBe(raw);
    }

    [Fact]
    public void A_gap_and_a_leap_are_told_apart()
    {
        Send(new TurnEvent { Sequence = 9, Kind = TurnEventKind.Gap }).IsLeap.ShouldBeFalse();
        Send(new TurnEvent { Sequence = 9, Kind = TurnEventKind.Gap, IsLeap = true }).IsLeap.ShouldBeTrue();
    }

    [Fact]
    public void An_end_arrives_with_all_that_is_known_of_it()
    {
        var sent = new TurnEnd
        {
            State = TurnState.Unknown,
            At = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Fault = new EngineFault(FaultKind.CutStream, "cut", 502, TimeSpan.FromSeconds(1)) { Started = true, NeverStarted = true, RanToItsError = true },
            Cancelled = CancelReason.Abandoned,
            Answer = AnswerShape.Events,
            FinishReason = "STOP",
            Usage = new TokenUsage(1, 2, 3) { IsEstimated = true },
            ServedBy = new ServedBy("e", "r") { MovedFrom = "m", Fallback = "stale", Age = TimeSpan.FromMinutes(1), Cache = CacheOutcome.Joined },
        };
        Send(new TurnEvent { Sequence = 2, Kind = TurnEventKind.Error, End = sent }).End.ShouldBe(sent);
    }

    [Fact]
    public void A_limit_that_refused_is_told_with_its_reply()
    {
        var shortage = new Shortage(new Quota("tokens-key", QuotaKind.Rate, 5000, TimeSpan.FromMinutes(1), "tokens"), TimeSpan.FromSeconds(7)) { IsUnknown = true };
        Send(new StartReply { Refusal = Refusal.RateLimited, Shortage = shortage }).Shortage.ShouldBe(shortage);
        var forever = new Shortage(new Quota("budget-session", QuotaKind.Budget, 1, Timeout.InfiniteTimeSpan, "tokens"), RetryAfter: null);
        Send(new StartReply { Refusal = Refusal.BudgetExhausted, Shortage = forever }).Shortage.ShouldBe(forever);
    }

    [Fact]
    public void A_store_in_trouble_is_said_to_be_so()
    {
        var arrived = Send(new StorageUnavailableException(StorageFault.Busy, "busy"));
        arrived.Fault.ShouldBe(StorageFault.Busy);
        arrived.Message.ShouldBe("busy");
    }

    private T Send<T>(T value)
        where T : notnull
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }
}
