using System.Globalization;
using Sluice.Core.Engines;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests.Recovery;

/// <summary>What an engine's list of events is made of, on the wire.</summary>
public sealed class SessionReaderTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly List<string> _queries = [];

    [Fact]
    public async Task Events_come_in_pages_and_those_kept_as_they_were_bring_their_usage()
    {
        var turn = Turn();
        var outcome = await RunAsync(turn, page => page switch
        {
            "" => $$"""{"sessionEvents": [{{User}}], "nextPageToken": "p 2"}""",
            "p 2" => $$"""{"sessionEvents": [{{Answer}}]}""",
            _ => "{}",
        });

        outcome.Fault.ShouldBeNull();
        outcome.Usage.ShouldBe(new TokenUsage(7, 2));
        outcome.FinishReason.ShouldBe("STOP");
        turn.Said.ShouldBe("hello");
        turn.Raw.Single().ShouldStartWith("""{"id":"stream-id","content":{"parts":[{"text":"hello"}]""");
        _queries[0].ShouldStartWith("?pageSize=100");
        _queries[1].ShouldContain("pageToken=p%202");
    }

    [Fact]
    public async Task A_session_without_end_is_not_read_for_ever()
    {
        var fault = (await RunAsync(Turn(), _ => """{"sessionEvents": [], "nextPageToken": "more"}""")).Fault.ShouldNotBeNull();
        fault.LeavesTurnUnknown.ShouldBeTrue();
        fault.Message.ShouldContain("answer_too_large");
        _queries.Count.ShouldBe(10);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("nonsense")]
    [InlineData("")]
    [InlineData("""{"sessionEvents": [{"author"}]}""")]
    public async Task A_list_that_is_none_proves_nothing(string page) =>
        (await RunAsync(Turn(), _ => page)).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();

    [Fact]
    public async Task An_id_that_would_change_the_path_is_not_asked_for()
    {
        var turn = FakeTurn.Giving("""{"message":"hi","session_id":"../../x"}""");
        (await RunAsync(turn, _ => "{}")).Fault.ShouldNotBeNull().LeavesTurnUnknown.ShouldBeTrue();
        _queries.ShouldBeEmpty();
    }

    private static string User => $$$"""
        {"name":"s/events/1","author":"user","invocationId":"b","timestamp":"{{{Time}}}","content":{"parts":[{"text":"hi"}]} }
        """;

    private static string Answer => $$$"""
        {"name":"s/events/2","author":"root_agent","invocationId":"b","timestamp":"{{{Time}}}","content":{"parts":[{"text":"hello"}]},
         "rawEvent":{"id":"stream-id","content":{"parts":[{"text":"hello"}]},"author":"root_agent","invocation_id":"b","finish_reason":"STOP",
          "usage_metadata":{"prompt_token_count":7,"candidates_token_count":2} } }
        """;

    private static string Time => Now.AddSeconds(1).ToString("O", CultureInfo.InvariantCulture);

    private static FakeTurn Turn()
    {
        var turn = FakeTurn.Saying("hi");
        turn.EngineSession = new EngineSession("default", "us-central1", "e1") { LastInvocation = "" };
        return turn;
    }

    // An engine that answers with nothing, and has a session of these pages.
    private async Task<EngineOutcome> RunAsync(FakeTurn turn, Func<string, string> page)
    {
        await using var stub = await StubEngine.StartAsync((context, seen) =>
        {
            if (seen.Method == "POST")
            {
                return Task.CompletedTask;
            }

            seen.Path.ShouldBe("/v1beta1/projects/p1/locations/us-central1/reasoningEngines/42/sessions/e1/events");
            _queries.Add(context.Request.QueryString.Value!);
            return StubEngine.Answer(context, 200, page(context.Request.Query["pageToken"].ToString()));
        });
        await using var bench = new Bench(stub, options => options with
        {
            ApiVersion = "v1",
            Dialect = DialectChoice.Adk,
            Recovery = new RecoveryPolicy { Patience = TimeSpan.FromSeconds(1), Quiet = TimeSpan.FromMilliseconds(100) },
        });
        return await bench.RunAsync(turn);
    }
}
