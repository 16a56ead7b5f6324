using Sluice.Rollout.Tests.Gateways;

namespace Sluice.Rollout.Tests.Scenarios;

public sealed class FirstDeploymentTests
{
    [Fact]
    public async Task A_service_that_does_not_exist_yet_is_made_and_checked()
    {
        await using var stage = await Stage.StartAsync(serving: null);
        await using var rollout = stage.Rollout("--runtime-account", "sa-gateway@p.iam.gserviceaccount.com");

        (await rollout.EndAsync()).ShouldBe(0, rollout.Output);

        stage.Cloud.History.ShouldBe(["gateway-abc1234=100"]);
        stage.Gcloud.LinesOf("run deploy").ShouldBe(
        [
            $"run deploy gateway --region=us-central1 --image={Stage.Image} --revision-suffix=abc1234 --no-allow-unauthenticated"
            + " --service-account=sa-gateway@p.iam.gserviceaccount.com --set-env-vars=AGENT_ENGINE_ID=bobs-brain-engine,PROJECT_ID=p,LOCATION=us-central1,Sluice__Auth__Mode=none"
            + " --project=p --quiet",
        ]);
        stage.Gcloud.LinesOf("run services update-traffic").ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_not_made_with_an_account_that_nobody_chose()
    {
        await using var stage = await Stage.StartAsync(serving: null);
        await using var rollout = stage.Rollout();

        (await rollout.EndAsync()).ShouldBe(2, rollout.Output);

        stage.Cloud.Exists.ShouldBeFalse();
    }

    [Fact]
    public async Task When_it_does_not_work_there_is_nothing_to_give_back()
    {
        await using var stage = await Stage.StartAsync(serving: null);
        stage.Fault = static visit => visit.IsTurn ? Fault.Failing : Fault.None;
        await using var rollout = stage.Rollout("--runtime-account", "sa-gateway@p.iam.gserviceaccount.com");

        (await rollout.EndAsync()).ShouldBe(1, rollout.Output);

        stage.Gcloud.LinesOf("run services update-traffic").ShouldBeEmpty();
    }
}
