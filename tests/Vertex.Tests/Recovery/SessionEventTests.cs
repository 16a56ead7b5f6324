using Sluice.Vertex.Recovery;

namespace Sluice.Vertex.Tests.Recovery;

public sealed class SessionEventTests
{
    [Theory]
    [InlineData("\"2026-03-01T12:00:00.25Z\"", 1772366400250000)]
    [InlineData("\"2026-03-01T12:00:00.123456789Z\"", 1772366400123456)]
    [InlineData("\"2026-03-01T12:00:00Z\"", 1772366400000000)]
    [InlineData("\"soon\"", 0)]
    [InlineData("5", 0)]
    public void A_time_is_read_to_the_microsecond(string timestamp, long micros) =>
        Math.Abs(History.Event($$"""{"timestamp":{{timestamp}}}""").At.Micros - micros).ShouldBeLessThanOrEqualTo(1);

    [Theory]
    [InlineData(1772366400.123456, 1772366400123456)]
    [InlineData(1772366400123, 1772366400123000)]
    [InlineData(0, 0)]
    [InlineData(-1, 0)]
    [InlineData(1e300, 0)]
    public void A_streams_time_is_in_seconds_or_milliseconds(double number, long micros) => EventStamp.Of(number).Micros.ShouldBe(micros);

    [Fact]
    public void What_a_person_said_is_the_texts_without_thoughts() => History.Event("""
        {"author":"user","content":{"parts":[{"text":"a"},{"thought":true,"text":"hm"},{"inlineData":{"mimeType":"image/png"}},{"text":"b"}]}}
        """).Text.ShouldBe("ab");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"author":5,"invocationId":null,"content":[],"eventMetadata":"x","actions":7,"name":{}}""")]
    [InlineData("""{"content":{"parts":{"text":"x"}},"rawEvent":[],"errorCode":{}}""")]
    [InlineData("""{"author":"\ud800","content":{"parts":[{"text":"\udc00"},5,null]}}""")]
    public void What_is_not_as_expected_is_read_without_harm(string json)
    {
        var e = History.Event(json);
        e.Invocation.ShouldBeEmpty();
        e.Text.ShouldBeEmpty();
        StreamSpelling.Of(e).Length.ShouldBeGreaterThan(1);
    }
}
