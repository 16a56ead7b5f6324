using System.Text;
using Sluice.Core.Callers;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Storage.Tests;

public sealed class RequestJsonTests
{
    private static readonly CacheControl Control = new()
    {
        NoCache = true,
        NoStore = true,
        OnlyIfCached = true,
        MaxAge = TimeSpan.FromSeconds(1),
        MinFresh = TimeSpan.FromSeconds(2),
        MaxStale = TimeSpan.MaxValue,
    };

    [Fact]
    public void Every_field_is_read_as_it_was_written()
    {
        foreach (var policy in Enum.GetValues<BusyPolicy>())
        {
            foreach (var delivery in Enum.GetValues<Delivery>())
            {
                var read = ReadAgain(Full(policy, delivery));
                read.Caller.ShouldBe(new Caller(new TenantId("acme"), "ada") { CredentialId = "key1" });
                read.Session.ShouldBe(SessionId.Parse("s1"));
                read.Input.IsText.ShouldBeFalse();
                Encoding.UTF8.GetString(read.Input.Json.Span).ShouldBe("""{ "text" :  "\u0041\u0000" }""");
                read.Delivery.ShouldBe(delivery);
                read.UserId.ShouldBe("a\0b");
                read.ClassMethod.ShouldBe("stream_query");
                read.Engine.ShouldBe("main");
                read.OnBusy.ShouldBe(policy);
                read.IdempotencyKey.ShouldBe("k");
                read.Fingerprint.ShouldBe("f");
                read.Grace.ShouldBe(TimeSpan.FromTicks(12_345));
                read.IsStateless.ShouldBeTrue();
                read.CacheControl.ShouldBe(Control);
            }
        }
    }

    /// <summary>A new one is to be written, read, and looked at above; but for <see cref="TurnRequest.BeginsSession"/>, which is over when the turn is stored.</summary>
    [Fact]
    public void Every_field_of_a_request_is_covered() => typeof(TurnRequest).GetProperties().Select(property => property.Name).Order(StringComparer.Ordinal)
        .ShouldBe(["BeginsSession", "CacheControl", "Caller", "ClassMethod", "Delivery", "Engine", "Fingerprint", "Grace", "IdempotencyKey", "Input", "IsStateless", "OnBusy", "Session", "UserId"]);

    [Fact]
    public void What_was_not_said_stays_unsaid()
    {
        var read = ReadAgain(TestKit.Turns.Request("hello"));
        read.Input.IsText.ShouldBeTrue();
        Encoding.UTF8.GetString(read.Input.Json.Span).ShouldBe("\"hello\"");
        read.UserId.ShouldBeNull();
        read.ClassMethod.ShouldBeNull();
        read.Engine.ShouldBeNull();
        read.IdempotencyKey.ShouldBeNull();
        read.Fingerprint.ShouldBeNull();
        read.Grace.ShouldBeNull();
        read.IsStateless.ShouldBeFalse();
        read.CacheControl.ShouldBe(default);
    }

    [Fact]
    public void Words_and_fields_of_a_later_version_do_not_hinder()
    {
        var json = Encoding.UTF8.GetString(RequestJson.Write(Full(BusyPolicy.Reject, Delivery.Whole)))
            .Replace("\"reject\"", "\"ask\"", StringComparison.Ordinal)
            .Replace("\"whole\"", "\"both\"", StringComparison.Ordinal)
            .Replace("{\"tenant\"", "{\"later\":{\"a\":1},\"tenant\"", StringComparison.Ordinal);
        var read = RequestJson.Read(Encoding.UTF8.GetBytes(json)).ShouldNotBeNull();
        read.OnBusy.ShouldBe(BusyPolicy.Queue);
        read.Delivery.ShouldBe(Delivery.Streamed);
        read.Engine.ShouldBe("main");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"tenant":"t","subject":"s","session":"not an id","input":"e30=","is_text":true,"delivery":"whole","on_busy":"queue"}""")]
    public void What_is_no_request_is_read_as_none(string json) => RequestJson.Read(Encoding.UTF8.GetBytes(json)).ShouldBeNull();

    private static TurnRequest ReadAgain(TurnRequest request) => RequestJson.Read(RequestJson.Write(request)).ShouldNotBeNull();

    private static TurnRequest Full(BusyPolicy policy, Delivery delivery) => new()
    {
        Caller = new Caller(new TenantId("acme"), "ada") { CredentialId = "key1" },
        Session = SessionId.Parse("s1"),
        Input = TurnInput.OfObject(Encoding.UTF8.GetBytes("""{ "text" :  "\u0041\u0000" }""")),
        Delivery = delivery,
        UserId = "a\0b",
        ClassMethod = "stream_query",
        Engine = "main",
        OnBusy = policy,
        IsStateless = true,
        CacheControl = Control,
        IdempotencyKey = "k",
        Fingerprint = "f",
        Grace = TimeSpan.FromTicks(12_345),
    };
}
