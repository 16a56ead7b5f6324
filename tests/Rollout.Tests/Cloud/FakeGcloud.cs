using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Rollout.Tests.Cloud;

/// <summary>What gcloud does with a command line, on a <see cref="CloudRun"/>; and how it fails, when a test says so.</summary>
internal sealed class FakeGcloud(CloudRun cloud)
{
    private readonly ConcurrentQueue<GcloudCall> _calls = new();

    /// <summary>Every command line, oldest first.</summary>
    public IEnumerable<GcloudCall> Calls => _calls;

    /// <summary>Called before a command is carried out; it throws a <see cref="GcloudException"/>, or waits.</summary>
    public Func<GcloudCall, CancellationToken, Task> Before { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Called when a command has been carried out: to fail here is to fail although it has had its effect.</summary>
    public Func<GcloudCall, CancellationToken, Task> After { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Which commands are confirmed and have no effect.</summary>
    public Func<GcloudCall, bool> IsLost { get; set; } = static _ => false;

    /// <summary>What clients got of the new revision, by their statuses.</summary>
    public IReadOnlyList<int> RequestLog { get; set; } = [];

    public IEnumerable<string> LinesOf(string command) => _calls.Where(call => call.Command == command).Select(call => call.Line);

    /// <returns>What is printed.</returns>
    /// <exception cref="GcloudException">It fails.</exception>
    public async Task<string> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var call = new GcloudCall(arguments);
        _calls.Enqueue(call);
        await Before(call, cancellationToken);
        var output = IsLost(call) ? "" : Answer(call);
        await After(call, cancellationToken);
        return output;
    }

    private string Answer(GcloudCall call)
    {
        switch (call.Command)
        {
            case "run services list":
                return new JsonArray([.. cloud.Exists ? [cloud.Describe()] : Array.Empty<JsonNode>()]).ToJsonString();
            case "run services describe":
                return Known(call.Subject).Describe().ToJsonString();
            case "run revisions list":
                return Known(call["--service="]!).Revisions().ToJsonString();
            case "run deploy":
                cloud.Deploy(call["--image="]!, call["--revision-suffix="]!, call.Has("--no-traffic"), call["--tag="]);
                return "";
            case "run services update-traffic":
                Known(call.Subject).UpdateTraffic(
                    call.Pairs("--to-revisions=").ToDictionary(pair => pair.Key, pair => int.Parse(pair.Value, CultureInfo.InvariantCulture)),
                    call.Pairs("--update-tags="));
                return "";
            case "auth print-identity-token":
                return $"token-for-{call["--audiences="] ?? "anybody"}";
            case "logging read":
                return new JsonArray([.. RequestLog.Select(status => new JsonObject { ["httpRequest"] = new JsonObject { ["status"] = status } })]).ToJsonString();
            default:
                throw new GcloudException($"Invalid choice: '{call.Command}'.", 2);
        }
    }

    private CloudRun Known(string service) =>
        cloud.Exists && service == cloud.Service ? cloud : throw new GcloudException($"Cannot find service [{service}]");
}
