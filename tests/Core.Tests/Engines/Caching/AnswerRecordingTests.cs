using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class AnswerRecordingTests
{
    [Fact]
    public void Too_large_an_answer_is_let_go_while_it_comes()
    {
        var recording = new AnswerRecording(100, mostEvents: 3);
        recording.Append(new byte[60], default);
        recording.ToAnswer(default)!.Bytes.Length.ShouldBe(60);
        recording.Append(new byte[60], default);
        recording.Append(new byte[1], default);

        recording.ToAnswer(default).ShouldBeNull();
    }

    [Fact]
    public void Text_of_its_own_is_kept_beside_the_event()
    {
        var recording = new AnswerRecording(100, mostEvents: 3);
        recording.Append("""{"parts":["a","b"]}"""u8, "\"ab\""u8);
        recording.Append("""{"chunk":"c"}"""u8, "\"c\""u8);
        var turn = FakeTurn.Saying("x");

        recording.ToAnswer(default)!.CopyTo(turn);

        turn.Raw.ShouldBe(["""{"parts":["a","b"]}""", """{"chunk":"c"}"""]);
        turn.Texts.ShouldBe(["\"ab\"", "\"c\""]);
    }
}
