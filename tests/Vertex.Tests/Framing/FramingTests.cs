using System.Text;
using Sluice.Vertex.Framing;
using Xunit.Abstractions;

namespace Sluice.Vertex.Tests.Framing;

public sealed class FramingTests(ITestOutputHelper output)
{
    private const int Rounds = 300;

    public static TheoryData<Form> Forms => [.. Enum.GetValues<Form>()];

    [Theory]
    [MemberData(nameof(Forms))]
    public void Events_are_the_same_in_every_framing_however_the_network_cuts_them(Form form)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var events = Feeds.Events(random);
            var stream = Feeds.Write(events, form, random);
            foreach (var largest in new[] { 1, 3, 50, 5000 })
            {
                var (read, end) = Feeds.Read(stream, random, largest);
                end.ShouldBe(DecodeStatus.End, $"seed {seed}, round {round}: {Encoding.UTF8.GetString(stream)}");
                read.Select(Feeds.Canonical).ShouldBe(events.Select(Feeds.Canonical), $"seed {seed}, round {round}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_stream_cut_at_any_byte_gives_the_whole_events_before_the_cut_and_never_another(Form form)
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 20; round++)
        {
            // A number cut short is another number: only values that end by themselves can be told to be whole.
            var events = Feeds.Events(random).Where(e => e[0] is '{' or '"' or '[').ToList();
            if (events.Count > 0 && events[0][0] == '[')
            {
                continue;
            }

            var stream = Feeds.Write(events, form, random);
            for (var at = 0; at < stream.Length; at++)
            {
                var (read, end) = Feeds.Read(stream.AsSpan(0, at), random);
                var told = $"seed {seed}, round {round}, cut at {at} of {Encoding.UTF8.GetString(stream)}";
                read.Count.ShouldBeLessThanOrEqualTo(events.Count, told);
                read.Select(Feeds.Canonical).ShouldBe(events.Take(read.Count).Select(Feeds.Canonical), told);
                end.ShouldBeOneOf([DecodeStatus.End, DecodeStatus.Cut], told);
                if (end == DecodeStatus.End && form is Form.Lines or Form.LinesUnended or Form.Behind)
                {
                    // A clean end is one between events.
                    var rest = Encoding.UTF8.GetString(stream, at, stream.Length - at).TrimStart();
                    (rest.Length == 0 || events.Skip(read.Count).Any(e => rest.StartsWith(e, StringComparison.Ordinal))).ShouldBeTrue(told);
                }
            }
        }
    }

    [Theory]
    [InlineData("{\"a\":1}}")]
    [InlineData("{\"a\" 1}\n")]
    [InlineData("{\"a\":1],")]
    [InlineData("{\"a\":01}\n")]
    [InlineData("{'a':1}\n")]
    [InlineData("{\"a\":1}\nnope\n")]
    [InlineData("<html>down</html>")]
    [InlineData("error: no healthy upstream\n")]
    [InlineData("upstream connect error")]
    [InlineData("[{\"a\":1} {\"b\":2}]")]
    [InlineData("[,{\"a\":1}]")]
    [InlineData("data: {\"a\":}\n\n")]
    [InlineData("data: {\"a\":1} x\n\n")]
    [InlineData("{\"a\":\"\\x\"}\n")]
    [InlineData("{\"a\":1}, {\"a\":1}")]
    public void What_is_not_events_is_said_to_be_malformed(string stream) =>
        Feeds.Read(Encoding.UTF8.GetBytes(stream), new Random(1)).End.ShouldBe(DecodeStatus.Malformed);

    [Fact]
    public void Bytes_that_are_not_utf8_are_malformed_wherever_they_stand()
    {
        byte[] line = [.. "{\"tool\":\""u8, 0xC3, 0x28, .. "\"}\n"u8];
        Feeds.Read(line, new Random(1)).End.ShouldBe(DecodeStatus.Malformed);
        Feeds.Read([.. "data: "u8, .. line, .. "\n"u8], new Random(1)).End.ShouldBe(DecodeStatus.Malformed);
        Feeds.Read([.. "[\n"u8, .. line, .. "]"u8], new Random(1)).End.ShouldBe(DecodeStatus.Malformed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n")]
    [InlineData("[]")]
    [InlineData("[ ]\n")]
    [InlineData(": hb\n\n: hb\n")]
    [InlineData("data: [DONE]\n\n")]
    [InlineData("\ufeff")]
    public void A_stream_without_events_ends_clean(string stream)
    {
        var (events, end) = Feeds.Read(Encoding.UTF8.GetBytes(stream), new Random(1), 1);
        events.ShouldBeEmpty();
        end.ShouldBe(DecodeStatus.End);
    }

    [Theory]
    [InlineData("[\"updates\", {\"a\": 1}]\n[\"values\", {}]\n", 2)] // LangGraph, two stream modes
    [InlineData("[{\"lc\": 1}, {\"step\": 2}]\n", 1)]
    [InlineData("[{\"a\":1},{\"b\":2}]", 2)]
    [InlineData("[{\"error\":{\"code\":429}}]\n", 1)]
    [InlineData("[{\n\"a\": 1\n}\n, {\"b\":2}]", 2)]
    [InlineData("[\n[1, 2], [3, 4]]", 2)]
    [InlineData("[1]", 1)]
    public void A_leading_bracket_is_an_array_of_events_or_an_event_that_is_a_list(string stream, int events)
    {
        foreach (var largest in new[] { 1, 2, 7, 1000 })
        {
            var read = Feeds.Read(Encoding.UTF8.GetBytes(stream), new Random(largest), largest);
            read.End.ShouldBe(DecodeStatus.End);
            read.Events.Count.ShouldBe(events);
        }
    }

    [Fact]
    public void An_event_is_given_as_soon_as_it_is_whole_without_waiting_for_a_line_end()
    {
        using var parser = new EventParser();
        using var decoder = new EventDecoder(parser, 1 << 20, 1 << 20);
        "{\"a\":{\"b\":\"}\"}}"u8.CopyTo(decoder.Room().Span);
        decoder.Wrote(15);
        decoder.Read(out var value).ShouldBe(DecodeStatus.Event);
        Encoding.UTF8.GetString(value).ShouldBe("{\"a\":{\"b\":\"}\"}}");
        decoder.Read(out _).ShouldBe(DecodeStatus.NeedMore);
    }

    [Theory]
    [InlineData("{\"a\":\"")]
    [InlineData("data: \"")]
    [InlineData("[\n\"")]
    [InlineData("[\"")]
    public void An_event_larger_than_allowed_is_refused_before_it_is_whole(string begin)
    {
        using var parser = new EventParser();
        using var decoder = new EventDecoder(parser, maxEventBytes: 1000, maxBytes: 1 << 20);
        Encoding.UTF8.GetBytes(begin).CopyTo(decoder.Room().Span);
        decoder.Wrote(begin.Length);
        var fed = begin.Length;
        while (decoder.Read(out _) == DecodeStatus.NeedMore)
        {
            var room = decoder.Room().Span;
            room = room[..Math.Min(room.Length, 100)];
            room.Fill((byte)'x');
            decoder.Wrote(room.Length);
            (fed += room.Length).ShouldBeLessThan(2000);
        }

        decoder.Read(out _).ShouldBe(DecodeStatus.TooLarge);
    }

    [Fact]
    public void All_events_together_are_bounded()
    {
        using var parser = new EventParser();
        using var decoder = new EventDecoder(parser, maxEventBytes: 1000, maxBytes: 2000);
        var status = DecodeStatus.NeedMore;
        for (var i = 0; i < 1000 && status == DecodeStatus.NeedMore; i++)
        {
            "{\"a\":1}\n"u8.CopyTo(decoder.Room().Span);
            decoder.Wrote(8);
            while ((status = decoder.Read(out _)) == DecodeStatus.Event)
            {
            }
        }

        status.ShouldBe(DecodeStatus.TooLarge);
    }

    [Fact]
    public void Nesting_is_bounded()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 200)) + "1" + new string('}', 200) + "\n";
        Feeds.Read(Encoding.UTF8.GetBytes(deep), new Random(1)).End.ShouldBe(DecodeStatus.Malformed);
    }
}
