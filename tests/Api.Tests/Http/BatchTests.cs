using System.Text.Json;
using Sluice.Api.Endpoints;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class BatchTests
{
    [Fact]
    public async Task Items_are_answered_in_their_order_each_with_its_own_turn()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(Echo));

        using var response = await gateway.PostAsync("/invoke:batch", """{"items":[{"text":"a"},{"text":"b","session_id":"s"},{"input":{"x":1}}]}""");

        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
        var items = await ItemsAsync(response);
        items.Select(item => item.GetProperty("status").GetInt32()).ShouldBe([200, 200, 200]);
        items.Select(item => item.GetProperty("body").Text("output")).ShouldBe(["\"a\"", "\"b\"", """{"x":1}"""]);
        items.Select(item => item.GetProperty("headers").Text("X-Turn-Id")).Distinct().Count().ShouldBe(3);
        items[1].GetProperty("headers").Text("X-Session-Id").ShouldBe("s");
        using var turn = await gateway.GetAsync($"/sessions/s/turns/{items[1].GetProperty("headers").Text("X-Turn-Id")}");
        turn.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task Failure_of_one_item_harms_no_other()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => call.Text switch
        {
            "\"refused\"" => EngineOutcome.Failed(new EngineFault(FaultKind.QuotaExceeded, "full", 429, TimeSpan.FromSeconds(7))),
            _ => Echo(call),
        }));

        using var response = await gateway.PostAsync(
            "/invoke:batch", """{"items":[{"text":"a"},{"txt":"b"},{"text":"refused"},"no object",{"text":"c","engine":"none"},{"text":" "},{"text":"d"}]}""");

        var items = await ItemsAsync(response);
        items.Select(item => item.GetProperty("status").GetInt32()).ShouldBe([200, 400, 429, 400, 404, 400, 200]);
        items[1].GetProperty("body").ErrorPaths().ShouldBe(["$.items[1].txt"]);
        items[2].GetProperty("body").Text("code").ShouldBe("engine_quota_exceeded");
        items[2].GetProperty("headers").Text("Retry-After").ShouldBe("7");
        items[3].GetProperty("body").ErrorPaths().First().ShouldBe("$.items[3]");
        items[4].GetProperty("body").ErrorPaths().ShouldBe(["$.items[4].engine"]);
        items[5].GetProperty("body").ErrorPaths().ShouldBe(["$.items[5].text"]);
    }

    [Theory]
    [InlineData("", "empty_body")]
    [InlineData("{", "invalid_json")]
    [InlineData("""{"items":[{"text":"a"}]} x""", "invalid_json")]
    [InlineData("""{"items":[{"text":"a"},]}""", "invalid_json")]
    [InlineData("[]", "invalid_request", "$")]
    [InlineData("{}", "invalid_request", "$.items")]
    [InlineData("""{"items":[]}""", "invalid_request", "$.items")]
    [InlineData("""{"items":{}}""", "invalid_request", "$.items")]
    [InlineData("""{"items":null}""", "invalid_request", "$.items")]
    [InlineData("""{"items":[{"text":"a"}],"items":[{"text":"b"}]}""", "invalid_request", "$.items")]
    [InlineData("""{"items":[{"text":"a"}],"more":1}""", "invalid_request", "$.more")]
    [InlineData("""{"\ud800":1}""", "invalid_request", "$['?']")]
    [InlineData("""{"items":[{"text":"a"},{"text":"b"},{"text":"c"}]}""", "invalid_request", "$.items")]
    public async Task Batch_that_is_none_is_refused_as_a_whole(string body, string code, string? path = null)
    {
        await using var gateway = await Gateway.StartAsync(new HttpSurfaceOptions { BatchItems = 2 });

        using var response = await gateway.PostAsync("/invoke:batch", body);

        var problem = await response.ProblemAsync(400, code);
        if (path is not null)
        {
            problem.ErrorPaths().ShouldBe([path]);
        }

        gateway.Engine.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Batch_is_held_to_the_bounds_of_a_body()
    {
        await using var gateway = await Gateway.StartAsync(new HttpSurfaceOptions { MaxBodyBytes = 2048, MaxDepth = 4 }, Gateway.Always(Echo));
        using var large = await gateway.PostAsync("/invoke:batch", $$"""{"items":[{"text":"{{new string('x', 2048)}}"}]}""");
        using var deep = await gateway.PostAsync("/invoke:batch", """{"items":[{"input":{"a":{"b":{"c":{"d":1}}}}},{"input":{"a":{"b":1}}}]}""");

        await large.ProblemAsync(413, "body_too_large");
        var items = await ItemsAsync(deep);
        items[0].GetProperty("body").Text("code").ShouldBe("nested_too_deeply");
        items[1].GetProperty("status").GetInt32().ShouldBe(200);
    }

    [Fact]
    public async Task No_more_items_run_at_a_time_than_may()
    {
        await using var gateway = await Gateway.StartAsync(new HttpSurfaceOptions { BatchParallelism = 2 });
        var response = gateway.PostAsync("/invoke:batch", """{"items":[{"text":"a"},{"text":"b"},{"text":"c"}]}""");
        var first = await gateway.Engine.NextCallAsync();
        var second = await gateway.Engine.NextCallAsync();
        gateway.Engine.TryNextCall(out _).ShouldBeFalse();

        second.Emit("2");
        second.Complete();
        var third = await gateway.Engine.NextCallAsync();
        third.Emit("3");
        third.Complete();
        first.Emit("1");
        first.Complete();

        (await ItemsAsync(await response)).Select(item => item.GetProperty("body").Text("output")).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public async Task Item_with_a_key_attaches_to_its_turn_when_it_comes_again()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(Echo));
        const string Batch = """{"items":[{"text":"a","idempotency_key":"k"},{"text":"b"}]}""";
        using var first = await gateway.PostAsync("/invoke:batch", Batch);
        using var second = await gateway.PostAsync("/invoke:batch", Batch);
        using var alone = await gateway.PostAsync("/invoke", """{"text":"a"}""", ("Idempotency-Key", "k"));

        var turn = (await ItemsAsync(first))[0].GetProperty("headers").Text("X-Turn-Id");
        var repeated = (await ItemsAsync(second))[0].GetProperty("headers");
        repeated.Text("X-Turn-Id").ShouldBe(turn);
        repeated.Text("Idempotent-Replayed").ShouldBe("true");
        alone.Header("X-Turn-Id").ShouldBe(turn, "an item is a request like any other");
        gateway.Engine.Calls.ShouldBe(3);
    }

    [Fact]
    public async Task Key_of_the_batch_is_one_for_each_of_its_items()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(Echo));
        const string Batch = """{"items":[{"text":"a"},{"text":"b"}]}""";
        using var first = await gateway.PostAsync("/invoke:batch", Batch, ("Idempotency-Key", "\"k\""));
        using var second = await gateway.PostAsync("/invoke:batch", Batch, ("Idempotency-Key", "k"));
        using var changed = await gateway.PostAsync("/invoke:batch", """{"items":[{"text":"a"},{"text":"c"}]}""", ("Idempotency-Key", "k"));
        using var tooLong = await gateway.PostAsync("/invoke:batch", Batch, ("Idempotency-Key", new string('k', 252)));

        (await ItemsAsync(second)).Select(TurnOf).ShouldBe((await ItemsAsync(first)).Select(TurnOf));
        (await ItemsAsync(changed)).Select(item => item.GetProperty("status").GetInt32()).ShouldBe([200, 422]);
        await tooLong.ProblemAsync(400, "invalid_request");
        gateway.Engine.Calls.ShouldBe(2);

        static string TurnOf(JsonElement item) => item.GetProperty("headers").Text("X-Turn-Id");
    }

    [Theory]
    [InlineData("""{"text":"a","idempotency_key":""}""")]
    [InlineData("""{"text":"a","idempotency_key":"a b"}""")]
    [InlineData("""{"text":"a","idempotency_key":1}""")]
    public async Task Key_that_is_none_is_told_by_its_path(string item)
    {
        await using var gateway = await Gateway.StartAsync();
        using var batch = await gateway.PostAsync("/invoke:batch", $$"""{"items":[{{item}}]}""");
        using var alone = await gateway.PostAsync("/invoke", item);

        (await ItemsAsync(batch))[0].GetProperty("body").ErrorPaths().ShouldBe(["$.items[0].idempotency_key"]);
        (await alone.ProblemAsync(400, "invalid_request")).Text("detail").ShouldStartWith("$.idempotency_key: unknown field.");
    }

    [Fact]
    public async Task Client_that_leaves_takes_its_items_along()
    {
        await using var gateway = await Gateway.StartAsync(new HttpSurfaceOptions { BatchParallelism = 2 });
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent("""{"items":[{"text":"a"},{"text":"b"},{"text":"c"}]}""", System.Text.Encoding.UTF8, "application/json");
        var response = gateway.Client.PostAsync("/invoke:batch", content, leaving.Token);
        var first = await gateway.Engine.NextCallAsync();
        var second = await gateway.Engine.NextCallAsync();

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(response);

        await gateway.AdvanceUntilAsync(AllAsync(), TimeSpan.FromMilliseconds(100));
        gateway.Engine.TryNextCall(out _).ShouldBeFalse("what had not begun is not begun");

        async Task<bool> AllAsync()
        {
            await first.CancelledAsync();
            await second.CancelledAsync();
            return true;
        }
    }

    [Fact]
    public async Task Answers_that_are_too_much_together_are_left_with_their_turns()
    {
        await using var gateway = await Gateway.StartAsync(
            new HttpSurfaceOptions { BatchAnswerBytes = 64 * 1024, BatchParallelism = 1 },
            Gateway.Always(call =>
            {
                call.Emit(new string('x', 40 * 1024));
                return new EngineOutcome { Answer = AnswerShape.Text };
            }));

        using var response = await gateway.PostAsync("/invoke:batch", """{"items":[{"text":"a"},{"text":"b","session_id":"s"}]}""");

        var items = await ItemsAsync(response);
        items[0].GetProperty("status").GetInt32().ShouldBe(200);
        items[1].GetProperty("body").Text("code").ShouldBe("answer_too_large");
        using var turn = await gateway.GetAsync(items[1].GetProperty("headers").Text("Location"));
        (await turn.JsonAsync()).Text("state").ShouldBe("completed");
    }

    [Fact]
    public async Task Defect_in_one_item_is_an_internal_error_of_that_item()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call => call.Text == "\"bad\"" ? throw new InvalidOperationException("a defect") : Echo(call)));

        using var response = await gateway.PostAsync("/invoke:batch", """{"items":[{"text":"bad"},{"text":"good"}]}""");

        (await ItemsAsync(response)).Select(item => item.GetProperty("status").GetInt32()).ShouldBe([500, 200]);
    }

    [Fact]
    public async Task What_a_batch_asks_of_delivery_and_cache_holds_for_its_items()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(Echo));
        using var detached = await gateway.PostAsync("/invoke:batch?format=events", """{"items":[{"text":"a"}]}""", ("Prefer", "respond-async"));

        var item = (await ItemsAsync(detached))[0];
        item.GetProperty("status").GetInt32().ShouldBe(202);
        item.GetProperty("headers").Text("Location").ShouldStartWith("/sessions/");
    }

    [Fact]
    public async Task Large_batch_is_compressed_for_who_asks_and_its_items_are_not()
    {
        await using var gateway = await Gateway.StartAsync(engine: Gateway.Always(call =>
        {
            call.Emit(string.Concat(Enumerable.Repeat("all work and no play ", 200)));
            return new EngineOutcome { Answer = AnswerShape.Text };
        }));

        using var response = await gateway.PostAsync("/invoke:batch", """{"items":[{"text":"a"},{"text":"b"}]}""", ("Accept-Encoding", "gzip"));

        response.Header("Content-Encoding").ShouldBe("gzip");
        await using var plain = new System.IO.Compression.GZipStream(await response.Content.ReadAsStreamAsync(), System.IO.Compression.CompressionMode.Decompress);
        var items = (await JsonDocument.ParseAsync(plain)).RootElement.GetProperty("items");
        items[1].GetProperty("body").Text("output").ShouldStartWith("all work");
        items[1].GetProperty("headers").TryGetProperty("Content-Encoding", out _).ShouldBeFalse();
    }

    private static EngineOutcome Echo(TestKit.ScriptedCall call)
    {
        call.Emit(call.Text);
        return new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP" };
    }

    private static async Task<JsonElement[]> ItemsAsync(HttpResponseMessage response)
    {
        response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return [.. (await response.JsonAsync()).GetProperty("items").EnumerateArray()];
    }
}
