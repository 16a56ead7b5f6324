using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Engines.Caching;

public sealed class AnswerCacheTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public void At_the_bound_of_answers_the_one_used_longest_ago_goes()
    {
        var answers = new AnswerCache(new CachePolicy { Answers = 2 }, _time);
        answers.Keep(Key(1), Answer(10));
        answers.Keep(Key(2), Answer(10));
        answers.Find(Key(1), out _).ShouldNotBeNull();
        answers.Keep(Key(3), Answer(10));

        answers.Count.ShouldBe(2);
        answers.Find(Key(2), out _).ShouldBeNull();
        answers.Find(Key(1), out _).ShouldNotBeNull();
        answers.Find(Key(3), out _).ShouldNotBeNull();
    }

    [Fact]
    public void At_the_bound_of_bytes_the_one_used_longest_ago_goes()
    {
        var answers = new AnswerCache(new CachePolicy { Bytes = 11_000 }, _time);
        for (var i = 1; i <= 100; i++)
        {
            answers.Keep(Key(i), Answer(3_000));
            answers.Keep(Key(1), Answer(3_000));
        }

        answers.Count.ShouldBe(3);
        answers.Find(Key(1), out _).ShouldNotBeNull();
        answers.Find(Key(100), out _).ShouldNotBeNull();
    }

    private static QuestionKey Key(int number) => new(0, (UInt128)number, null);

    private static KeptAnswer Answer(int bytes) => new(new byte[bytes], [], AnswerShape.Text, null, null);
}
