namespace Sluice.Rollout.Tests.Scenarios;

public sealed class CancelledTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_rollout_that_is_cancelled_gives_the_traffic_back(string signal, int code)
    {
        await using var stage = await Stage.StartAsync();
        var moved = stage.Cloud.BecomesAsync(Stage.Steps[2]);
        await using var rollout = stage.Rollout();
        await moved;
        rollout.Signal(signal);

        (await rollout.EndAsync()).ShouldBe(code, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(3), Stage.OldAlone]);
        stage.Recorded().ShouldBe((Stage.Old, "given_back"));
    }

    [Fact]
    public async Task One_that_is_cancelled_before_it_moved_any_traffic_touches_none()
    {
        await using var stage = await Stage.StartAsync();
        var deploying = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Gcloud.Before = (call, cancellationToken) =>
        {
            if (call.Command != "run deploy")
            {
                return Task.CompletedTask;
            }

            deploying.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await using var rollout = stage.Rollout();
        await deploying.Task.WaitAsync(Patience);
        rollout.Signal("TERM");

        (await rollout.EndAsync()).ShouldBe(143, rollout.Output);

        stage.Cloud.History.ShouldBe([Stage.OldAlone]);
        stage.Gcloud.LinesOf("run services update-traffic").ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_is_cancelled_while_traffic_is_being_moved_ends_that_first()
    {
        await using var stage = await Stage.StartAsync();
        var moving = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var abandoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stage.Environment["ROLLOUT_ATTEMPT_S"] = "60";
        stage.Gcloud.Before = (call, cancellationToken) =>
            call["--to-revisions="] == Stage.OldAlone ? abandoned.Task.WaitAsync(TimeSpan.FromSeconds(5), cancellationToken) : Task.CompletedTask;
        stage.Gcloud.After = async (call, cancellationToken) =>
        {
            if (call["--to-revisions="]?.Contains("=10,", StringComparison.Ordinal) != true)
            {
                return;
            }

            cancellationToken.Register(() => abandoned.TrySetResult());
            moving.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await using var rollout = stage.Rollout();
        await moving.Task.WaitAsync(Patience);
        rollout.Signal("TERM");

        (await rollout.EndAsync()).ShouldBe(143, rollout.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
    }

    [Fact]
    public async Task What_a_killed_rollout_has_moved_is_given_back_by_its_record()
    {
        await using var stage = await Stage.StartAsync();
        var moved = stage.Cloud.BecomesAsync(Stage.Steps[1]);
        await using (var rollout = stage.Rollout())
        {
            await moved;
        }

        stage.Recorded().ShouldBe((Stage.Old, "moved"));
        await using var rollback = stage.Rollback("--yes", "--record", stage.RecordFile);

        (await rollback.EndAsync()).ShouldBe(0, rollback.Output);

        stage.Cloud.History.ShouldBe([.. Stage.Steps.Take(2), Stage.OldAlone]);
        stage.Recorded().ShouldBe((Stage.Old, "given_back"));
    }
}
