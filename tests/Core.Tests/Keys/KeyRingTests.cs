using System.Diagnostics;
using Sluice.Core.Callers;
using Sluice.Core.Keys;
using Xunit.Abstractions;

namespace Sluice.Core.Tests.Keys;

public sealed class KeyRingTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_key_is_its_callers_for_as_long_as_it_lives()
    {
        var text = KeyText.New();
        var ring = new KeyRing([KeyOf(text) with { ExpiresAt = Noon }]);

        ring.Find(text, Noon.AddTicks(-1), out var caller).ShouldBe(KeyState.Live);
        caller.ShouldBe(new Caller(new TenantId("acme"), "app") { Scopes = Scopes.Read, CredentialId = KeyText.IdOf(text).ToString() });
        ring.Find(text, Noon, out _).ShouldBe(KeyState.Expired);
        new KeyRing([KeyOf(text) with { RevokedAt = Noon }]).Find(text, Noon, out _).ShouldBe(KeyState.Revoked);
    }

    [Fact]
    public void A_key_that_differs_in_one_letter_is_nobodys()
    {
        var text = KeyText.New();
        var ring = new KeyRing([KeyOf(text), KeyOf(KeyText.New()) with { ExpiresAt = Noon }]);

        for (var i = KeyText.Prefix.Length; i < text.Length; i++)
        {
            if (text[i] == '_')
            {
                continue;
            }

            var other = $"{text[..i]}{(text[i] == 'a' ? 'b' : 'a')}{text[(i + 1)..]}";
            KeyText.IsKey(other).ShouldBeTrue();
            ring.Find(other, Noon, out var caller).ShouldBeNull(other);
            caller.ShouldBeNull();
        }
    }

    [Fact]
    public void Whether_a_key_has_ended_is_not_told_to_one_who_knows_only_its_name()
    {
        var text = KeyText.New();
        var guess = $"{text[..^1]}{(text[^1] == 'a' ? 'b' : 'a')}";

        new KeyRing([KeyOf(text) with { RevokedAt = Noon }]).Find(guess, Noon, out _).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("slk_")]
    [InlineData("SLK_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("slk_aaaaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("slk_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("slk_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("slk_aaaaaaaaaaaaaaa1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("slk_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\0")]
    [InlineData("slk_aaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaÄ")]
    public void What_has_not_the_form_of_a_key_is_none(string text) => KeyText.IsKey(text).ShouldBeFalse();

    [Fact]
    public void Keys_are_long_and_no_two_are_alike()
    {
        var keys = Enumerable.Range(0, 10_000).Select(_ => KeyText.New()).ToList();

        keys.ShouldAllBe(key => KeyText.IsKey(key));
        keys.Distinct(StringComparer.Ordinal).Count().ShouldBe(keys.Count);
        keys.Select(key => KeyText.IdOf(key).ToString()).Distinct(StringComparer.Ordinal).Count().ShouldBe(keys.Count);

        // 52 letters of 32 are 260 bits.
        keys[0][(KeyText.Prefix.Length + KeyText.IdLength + 1)..].Length.ShouldBe(52);
    }

    // One that looked for the name first, and hashed only what it found, would answer the second question in a fraction of the time.
    [Fact]
    public void Guessing_takes_as_long_for_a_name_that_exists_as_for_one_that_does_not()
    {
        var known = KeyText.New();
        var ring = new KeyRing([KeyOf(known), .. Enumerable.Range(0, 999).Select(_ => KeyOf(KeyText.New()))]);
        var wrongSecret = $"{known[..^52]}{KeyText.New()[^52..]}";
        var nearlyRight = $"{known[..^1]}{(known[^1] == 'a' ? 'b' : 'a')}";
        var wrongName = KeyText.New();

        var times = MedianNanoseconds(ring, wrongSecret, nearlyRight, wrongName);

        output.WriteLine($"wrong secret {times[0]:0} ns, one letter wrong {times[1]:0} ns, no such name {times[2]:0} ns");
        (times[2] / times[0]).ShouldBeInRange(0.67, 1.5);
        (times[1] / times[0]).ShouldBeInRange(0.67, 1.5);
    }

    [Fact]
    public void Names_made_to_collide_cost_no_more_than_others()
    {
        // Those of a hash that is the same in every process; the ring's is not, and it holds no name that a caller chose.
        var ring = new KeyRing([KeyOf(KeyText.New())]);
        var guesses = Enumerable.Range(0, 20_000).Select(_ => KeyText.New()).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();

        foreach (var guess in guesses)
        {
            ring.Find(guess, Noon, out _).ShouldBeNull();
        }

        ring.Count.ShouldBe(1);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024 * 1024, "nothing is kept of a guess");
    }

    // In turns, so that what else the machine does is the same for all; medians, so that it does not count when it comes in between.
    private static double[] MedianNanoseconds(KeyRing ring, params string[] texts)
    {
        const int Rounds = 301;
        const int Batch = 200;
        var times = texts.Select(_ => new double[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var which = 0; which < texts.Length; which++)
            {
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < Batch; i++)
                {
                    ring.Find(texts[which], Noon, out _);
                }

                times[which][round] = Stopwatch.GetElapsedTime(started).TotalNanoseconds / Batch;
            }
        }

        return [.. times.Select(one => one.Order().ElementAt(Rounds / 2))];
    }

    private static ApiKey KeyOf(string text)
    {
        var hash = new byte[KeyText.HashLength];
        KeyText.Hash(text, hash);
        return new ApiKey
        {
            Id = KeyText.IdOf(text).ToString(),
            Tenant = new TenantId("acme"),
            Subject = "app",
            Scopes = Scopes.Read,
            Hash = hash,
            CreatedAt = Noon.AddDays(-1),
        };
    }
}
