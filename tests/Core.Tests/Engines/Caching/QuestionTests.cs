using Sluice.Core.Engines.Caching;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class QuestionTests
{
    [Theory]
    [InlineData("""{"a":{"x":1,"y":[1,2]},"b":"c"}""", """{ "b" : "c", "a": { "y": [1, 2], "x": 1 } }""")]
    [InlineData("""{"a":"é\n/"}""", """{"\u0061":"\u00e9\u000a\/"}""")]
    [InlineData("""{"b":1,"a":2}""", """{"\u0061":2,"b":1}""")]
    public void Space_order_and_escapes_make_no_other_question(string one, string other) => KeyOf(one).ShouldBe(KeyOf(other));

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """{"a":"1"}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[12]}""")]
    [InlineData("""{"a":["b","c"]}""", """{"a":["bc"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{},"b":"c"}""")]
    [InlineData("""{"a":1,"a":2}""", """{"a":2,"a":1}""")]
    [InlineData("""{"a":null}""", """{}""")]
    [InlineData("""{"a":"\ud800"}""", """{"a":"\\ud800"}""")]
    [InlineData("""{"\ud800":1}""", """{"\\ud800":1}""")]
    [InlineData("""{"a":"\ud800"}""", """{"a":"\ud801"}""")]
    public void Anything_else_does(string one, string other) => KeyOf(one).ShouldNotBe(KeyOf(other));

    [Fact]
    public void Text_is_the_same_however_it_is_escaped_and_is_not_an_input()
    {
        KeyOf(FakeTurn.Saying("caf\\u00e9")).ShouldBe(KeyOf(FakeTurn.Saying("café")));
        KeyOf(FakeTurn.Saying("why")).ShouldNotBe(KeyOf(FakeTurn.Giving("""{"text":"why"}""")));
    }

    [Theory]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a", "", "", "a")]
    public void Nobody_can_spell_another_tenants_question(string tenant, string user, string otherTenant, string otherUser) =>
        KeyOf(FakeTurn.Saying("why", tenant: tenant, user: user)).ShouldNotBe(KeyOf(FakeTurn.Saying("why", tenant: otherTenant, user: otherUser)));

    [Fact]
    public void Deepest_input_that_a_body_may_have_is_a_question()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 999)) + "1" + new string('}', 999);

        KeyOf(deep).ShouldNotBe(KeyOf("{}"));
    }

    [Fact]
    public void Question_of_any_length_is_told_from_one_that_differs_at_its_end()
    {
        for (var length = 900; length < 1100; length++)
        {
            var same = new string('x', length);

            KeyOf(FakeTurn.Saying(same)).ShouldBe(KeyOf(FakeTurn.Saying(same)));
            KeyOf(FakeTurn.Saying(same + "y")).ShouldNotBe(KeyOf(FakeTurn.Saying(same + "z")));
            KeyOf(FakeTurn.Saying(same)).ShouldNotBe(KeyOf(FakeTurn.Saying(same + "x")));
        }

        KeyOf(FakeTurn.Saying("why", user: new string('u', 3000) + "1")).ShouldNotBe(KeyOf(FakeTurn.Saying("why", user: new string('u', 3000) + "2")));
        KeyOf(FakeTurn.Saying(new string('x', 100_000) + "1")).ShouldNotBe(KeyOf(FakeTurn.Saying(new string('x', 100_000) + "2")));
    }

    private static QuestionKey? KeyOf(string input) => KeyOf(FakeTurn.Giving(input));

    private static QuestionKey? KeyOf(FakeTurn turn) => Questions.KeyOf("default", turn, perUser: true);
}
