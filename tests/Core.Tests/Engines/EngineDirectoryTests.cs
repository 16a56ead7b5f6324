using Sluice.Core.Engines;
using static Sluice.Core.Tests.Engines.Known;

namespace Sluice.Core.Tests.Engines;

public sealed class EngineDirectoryTests
{
    [Theory]
    [InlineData(null, "first")]
    [InlineData("default", "first")]
    [InlineData("42", "first")]
    [InlineData("other", "second")]
    public async Task Turn_goes_to_the_engine_it_names(string? name, string answer)
    {
        await using var directory = new EngineDirectory(
            [Named("default", Saying("first")) with { Aliases = ["42", "projects/p/locations/l/reasoningEngines/42"] }, Named("other", Saying("second"))]);
        var turn = FakeTurn.Saying("hi", name);

        (await directory.RunAsync(turn)).Fault.ShouldBeNull();

        turn.Texts.ShouldBe([$"\"{answer}\""]);
    }

    [Fact]
    public async Task Name_wins_over_an_alias()
    {
        await using var directory = new EngineDirectory([Named("default", Saying("first")) with { Aliases = ["echo"] }, Named("echo", Saying("second"))]);
        var turn = FakeTurn.Saying("hi", "echo");

        await directory.RunAsync(turn);

        turn.Texts.ShouldBe(["\"second\""]);
    }

    [Fact]
    public async Task Name_that_is_no_longer_configured_is_a_fault()
    {
        var engine = Saying("first");
        await using var directory = new EngineDirectory([Named("default", engine)]);

        var outcome = await directory.RunAsync(FakeTurn.Saying("hi", "gone"));

        outcome.Fault!.Kind.ShouldBe(FaultKind.NotConfigured);
        outcome.Fault.Message.ShouldContain("'gone'");
        engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Health_is_that_of_all_engines_and_each_is_disposed_of_once()
    {
        var (one, two) = (new OwnedEngine("one"), new OwnedEngine("two"));
        var directory = new EngineDirectory([Named("one", one), Named("two", two)]);

        directory.Regions.Select(region => region.Engine).ShouldBe(["one", "two"]);
        await directory.DisposeAsync();
        await directory.DisposeAsync();

        one.Disposals.ShouldBe(1);
        two.Disposals.ShouldBe(1);
    }

    [Fact]
    public void Directory_without_engines_or_with_a_fallback_to_nothing_is_refused()
    {
        Should.Throw<ArgumentException>(() => new EngineDirectory([]));
        Should.Throw<ArgumentException>(() => new EngineDirectory([Named("a", Saying(), To("b"))]));
        Should.Throw<ArgumentException>(() => new EngineDirectory([Named("a", Saying(), To("a"))]));
        Should.Throw<ArgumentException>(() => new EngineDirectory([Named("a", Saying(), Stale)]));
    }

    private sealed class OwnedEngine(string name) : IEngine, IEngineHealth, IAsyncDisposable
    {
        public int Disposals { get; private set; }

        public IReadOnlyList<RegionHealth> Regions => [new RegionHealth(name, "here", CircuitState.Closed)];

        public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return ValueTask.CompletedTask;
        }
    }
}
