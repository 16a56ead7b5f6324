using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Core.Tests.Turns;

public sealed class CursorTests
{
    private const string Turn = "0192f7c0a1b27c3d8e4f5a6b7c8d9e0f";

    [Fact]
    public void A_cursor_reads_back_what_it_writes()
    {
        var cursor = new Cursor(TurnId.New(), 42);
        Cursor.TryParse(cursor.ToString(), out var read).ShouldBeTrue();
        read.ShouldBe(cursor);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":1")]
    [InlineData(Turn)]
    [InlineData(Turn + ":")]
    [InlineData(Turn + ":-1")]
    [InlineData(Turn + ":+1")]
    [InlineData(Turn + ": 1")]
    [InlineData(Turn + ":1 ")]
    [InlineData(Turn + ":1:2")]
    [InlineData(Turn + ":99999999999999999999")]
    [InlineData("0192F7C0A1B27C3D8E4F5A6B7C8D9E0F:1")]
    [InlineData("0192f7c0-a1b2-7c3d-8e4f-5a6b7c8d9e0f:1")]
    [InlineData("g192f7c0a1b27c3d8e4f5a6b7c8d9e0f:1")]
    public void Anything_else_is_not_a_cursor(string? text) => Cursor.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("a", true)]
    [InlineData("chat-7:user@example.com~1._", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a%2fb", false)]
    [InlineData("a\nb", false)]
    [InlineData("ä", false)]
    public void A_session_id_stands_unescaped_in_a_path(string text, bool valid) => SessionId.TryParse(text, out _).ShouldBe(valid);

    [Fact]
    public void A_session_id_is_bounded()
    {
        SessionId.TryParse(new string('a', SessionId.MaxLength), out _).ShouldBeTrue();
        SessionId.TryParse(new string('a', SessionId.MaxLength + 1), out _).ShouldBeFalse();
    }
}
