using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.TestKit;

namespace Sluice.Emulator.Tests;

public sealed class GoogleClientTests : EmulatorTest
{
    protected override EmulatorOptions Options { get; } = new() { Bearer = BearerCheck.Issued };

    [NodeFact("@google-cloud/aiplatform")]
    public async Task Googles_client_gets_its_token_queries_reads_errors_and_follows_operations()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = await NodeFactAttribute.RunAsync(
            "aiplatform-query.mjs",
            new Dictionary<string, string>
            {
                ["EMULATOR_ADDRESS"] = Host.Address.ToString(),
                ["GCE_METADATA_HOST"] = Host.MetadataHost,
                ["METADATA_SERVER_DETECTION"] = "assume-present",
                ["GOOGLE_APPLICATION_CREDENTIALS"] = "",
                ["HOME"] = Path.GetTempPath(),
            },
            limit.Token);
        var result = JsonNode.Parse(output)!;
        result["output"]!.GetValue<string>().ShouldBe("pong");
        result["error"]!["message"]!.GetValue<string>().ShouldContain("User-specified method `query` not found.");
        result["session"]!.GetValue<string>().ShouldMatch($"^{Resource}adk/sessions/[0-9]{{19}}$");
        result["events"]!.GetValue<int>().ShouldBe(0);
        result["methods"]!.AsArray().Select(m => m!.GetValue<string>()).ShouldContain("async_stream_query");

        Control.Counters.CallsByVerb[Verb.AccessToken].ShouldBeGreaterThan(0);
        Control.Calls.Single(c => c.Verb == Verb.Query && c.Engine == "echo").Body!.ShouldContain("\"input\"");
        Control.Calls.Single(c => c.Verb == Verb.Query && c.Engine == "adk").ClassMethod.ShouldBe("query");
    }
}
