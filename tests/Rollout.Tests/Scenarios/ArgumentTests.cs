namespace Sluice.Rollout.Tests.Scenarios;

public sealed class ArgumentTests
{
    [Theory]
    [InlineData("--image", "us-docker.pkg.dev/p/sluice/gateway:abc1234")]
    [InlineData("--commit", "main")]
    [InlineData("--canary-percent", "0")]
    [InlineData("--canary-percent", "100")]
    [InlineData("--region", "")]
    [InlineData("--colour", "red")]
    public async Task What_it_cannot_work_with_is_refused_before_anything_is_asked(string option, string value)
    {
        await using var stage = await Stage.StartAsync();
        await using var rollout = stage.Rollout(option, value);

        (await rollout.EndAsync()).ShouldBe(2, rollout.Output);

        rollout.Output.ShouldContain(option);
        stage.Gcloud.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_guardrail_that_is_missing_is_refused()
    {
        await using var stage = await Stage.StartAsync();
        stage.Guardrails.Remove("latency_p99_s");
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(2, rollout.Output);

        rollout.Output.ShouldContain("latency_p99_s");
    }
}
