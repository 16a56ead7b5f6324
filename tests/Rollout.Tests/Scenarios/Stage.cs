using System.Text.Json.Nodes;
using Sluice.Rollout.Tests.Cloud;
using Sluice.Rollout.Tests.Gateways;
using Sluice.Rollout.Tests.Scripts;

namespace Sluice.Rollout.Tests.Scenarios;

/// <summary>A Cloud Run where <see cref="Old"/> serves, and the scripts, with windows of a second and patience to match.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string Old = "gateway-old";
    public const string OldAlone = "gateway-old=100";
    public const string New = "gateway-abc1234";
    public const string Image = "us-docker.pkg.dev/p/sluice/gateway@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>The traffic of a rollout that ends well, from its beginning.</summary>
    public static readonly IReadOnlyList<string> Steps =
    [
        OldAlone,
        "gateway-abc1234=10,gateway-old=90",
        "gateway-abc1234=25,gateway-old=75",
        "gateway-abc1234=50,gateway-old=50",
        "gateway-abc1234=100",
    ];

    private readonly Front _front;
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-rollout-").FullName;

    private Stage(Front front) => _front = front;

    public CloudRun Cloud => _front.Cloud;

    public FakeGcloud Gcloud => _front.Gcloud;

    public Front Front => _front;

    public Func<Visit, Fault> Fault
    {
        set => _front.Fault = value;
    }

    /// <summary>As in <c>infra/slo.yaml</c>.</summary>
    public Dictionary<string, int> Guardrails { get; } = new()
    {
        ["latency_p95_s"] = 5,
        ["latency_p99_s"] = 5,
        ["error_rate_pct"] = 5,
        ["health_timeout_s"] = 5,
        ["invoke_timeout_s"] = 5,
        ["canary_window_s"] = 1,
        ["canary_percent"] = 10,
    };

    public Dictionary<string, string> Environment { get; } = new()
    {
        ["ROLLOUT_CANARY_REQUESTS"] = "10",
        ["ROLLOUT_SERVICE_REQUESTS"] = "4",
        ["ROLLOUT_SETTLE_S"] = "1",
        ["ROLLOUT_POLL_S"] = "0.1",
        ["ROLLOUT_PAUSE_S"] = "0",
        ["ROLLOUT_ATTEMPT_S"] = "10",
        ["ROLLOUT_GIVE_BACK_S"] = "10",
        ["ROLLOUT_GIVE_BACK_ATTEMPT_S"] = "2",
    };

    public string RecordFile => Path.Combine(_directory, "rollout.json");

    public static async Task<Stage> StartAsync(string? serving = Old) => new(await Front.StartAsync(serving));

    /// <summary>How many steps were watched to their end.</summary>
    public static int WatchedSteps(RunningScript rollout) => rollout.Output.Split('\n').Count(line => line.Contains("canary: 10 requests,", StringComparison.Ordinal));

    /// <summary>What the record says: which revision served before, and how far the rollout got.</summary>
    public (string? Served, string? State) Recorded()
    {
        var record = JsonNode.Parse(File.ReadAllText(RecordFile))!;
        return (record["recorded"]!.GetValue<string>(), record["state"]!.GetValue<string>());
    }

    public RunningScript Rollout(params string[] more)
    {
        var guardrails = Path.Combine(_directory, "slo.yaml");
        File.WriteAllText(guardrails, $"guardrails:\n{string.Concat(Guardrails.Select(limit => $"  {limit.Key}: {limit.Value}\n"))}objectives: {{}}\n");
        return Run(
            "rollout",
            [
                "--image", Image, "--commit", "abc1234def5678abc1234def5678abc1234def56", "--engine", ScriptedGateway.Engine, "--identity", "deployer@p.iam.gserviceaccount.com",
                "--record", RecordFile, "--guardrails", guardrails, .. more,
            ]);
    }

    public RunningScript Rollback(params string[] more) => Run("rollback", more);

    public async ValueTask DisposeAsync()
    {
        await _front.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private RunningScript Run(string command, string[] arguments)
    {
        Environment["FAKE_GCLOUD"] = new Uri(_front.Address, "/gcloud").AbsoluteUri;
        return new RunningScript(command, _directory, ["--project", "p", "--region", "us-central1", "--service", Cloud.Service, .. arguments], Environment);
    }
}
