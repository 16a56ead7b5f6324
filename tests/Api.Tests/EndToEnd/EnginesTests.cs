using System.Text;
using Sluice.Api.Tests.Http;
using Sluice.Api.Tests.Processes;
using Sluice.Emulator;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>The executable in front of two emulators, each an engine of its own.</summary>
public sealed class EnginesTests : IAsyncLifetime
{
    private EmulatorHost _first = null!;
    private EmulatorHost _second = null!;

    public async Task InitializeAsync() => (_first, _second) = (await EmulatorHost.StartAsync(), await EmulatorHost.StartAsync());

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task Request_chooses_its_engine_by_name()
    {
        await using var gateway = await StartAsync();

        using var named = await gateway.PostAsync("/invoke", """{"text":"ping","engine":"second"}""");
        using var byDefault = await gateway.PostAsync("/invoke", """{"text":"pong"}""");
        using var unknown = await gateway.PostAsync("/invoke", """{"text":"ping","engine":"third"}""");

        (await named.JsonAsync()).Text("output").ShouldBe("pong");
        named.Header("X-Engine-Region").ShouldBe("europe-west1");
        byDefault.Header("X-Engine-Region").ShouldBe("us-central1");
        _second.Control.Counters.TurnsRun("ping").ShouldBe(1);
        _first.Control.Counters.TurnsRun("pong").ShouldBe(1);
        (await unknown.ProblemAsync(404, "unknown_engine")).Text("detail").ShouldContain("second");
    }

    [Fact]
    public async Task Engine_that_is_gone_fails_the_turn_unless_something_is_declared()
    {
        await using var gateway = await StartAsync();
        await _first.SuspendAsync();

        using var answer = await gateway.PostAsync("/invoke", """{"text":"ping"}""");

        answer.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadGateway);
        answer.Headers.Contains("X-Fallback").ShouldBeFalse();
        _second.Control.Counters.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Another_engine_answers_once_and_is_named()
    {
        await using var gateway = await StartAsync("Sluice__Engine__Fallbacks__0=engine:second");
        await _first.SuspendAsync();

        using var whole = await gateway.PostAsync("/invoke", """{"text":"whole","session_id":"s"}""");
        using var stream = await gateway.PostAsync("/invoke/stream", """{"text":"stream"}""");
        using var turn = await gateway.Client.GetAsync($"/sessions/s/turns/{whole.Header("X-Turn-Id")}");

        (await whole.JsonAsync()).Text("output").ShouldBe("You said: whole");
        whole.Header("X-Fallback").ShouldBe("engine=second");
        whole.Header("X-Engine-Region").ShouldBe("europe-west1");
        await using var events = await Events.OfAsync(stream);
        var all = await events.RestAsync();
        all.Text().ShouldBe("You said: stream");
        foreach (var told in new[] { all.LastAs("done"), await turn.JsonAsync() })
        {
            told.Text("fallback").ShouldBe("engine=second");
            told.Text("engine").ShouldBe("second");
            told.Text("region").ShouldBe("europe-west1");
        }

        _second.Control.Counters.TurnsRun("whole").ShouldBe(1);
        _second.Control.Counters.TurnsRun("stream").ShouldBe(1);
    }

    [Fact]
    public async Task Stale_answer_is_given_to_the_same_question_alone_and_before_the_text()
    {
        await using var gateway = await StartAsync("Sluice__Engine__Fallbacks__0=stale", "Sluice__Engine__Fallbacks__1=text:Sorry, ask later.");
        using var fresh = await gateway.PostAsync("/invoke", """{"text":"why"}""");
        await _first.SuspendAsync();

        using var same = await gateway.PostAsync("/invoke", """{"text":"why"}""");
        using var other = await gateway.PostAsync("/invoke", """{"text":"how"}""");
        using var stream = await gateway.PostAsync("/invoke/stream", """{"text":"how","session_id":"s"}""");
        using var again = await gateway.Client.GetAsync($"/sessions/s/turns/{stream.Header("X-Turn-Id")}/events");

        fresh.Headers.Contains("X-Fallback").ShouldBeFalse();
        (await same.Content.ReadAsStringAsync()).ShouldBe(await fresh.Content.ReadAsStringAsync());
        same.Header("X-Fallback").ShouldBe("stale");
        int.Parse(same.Header("Age"), System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(0, 60);
        (await other.Content.ReadAsStringAsync()).ShouldBe("""{"output":"Sorry, ask later."}""");
        other.Header("X-Fallback").ShouldBe("text");
        await using var events = await Events.OfAsync(stream);
        var all = await events.RestAsync();
        all.Text().ShouldBe("Sorry, ask later.");
        stream.Header("X-Fallback").ShouldBe("text");
        all.LastAs("done").Text("fallback").ShouldBe("text");
        again.Header("X-Fallback").ShouldBe("text");
        _first.Control.Counters.TurnsRun("why").ShouldBe(1);
    }

    [Fact]
    public async Task When_no_engine_works_the_first_ones_fault_is_told()
    {
        await using var gateway = await StartAsync("Sluice__Engine__Fallbacks__0=engine:second");
        await _first.SuspendAsync();
        _second.Control.Enqueue(new Script { Fault = Fault.Quota, Times = 0 });

        using var answer = await gateway.PostAsync("/invoke", """{"text":"ping"}""");

        await answer.ProblemAsync(502, "engine_unreachable");
        answer.Headers.Contains("X-Fallback").ShouldBeFalse();
    }

    [Fact]
    public async Task Agent_that_failed_is_not_asked_elsewhere()
    {
        await using var gateway = await StartAsync("Sluice__Engine__Fallbacks__0=engine:second", "Sluice__Engine__Fallbacks__1=text:Sorry");
        _first.Control.Enqueue(new Script { Fault = Fault.AgentError });

        using var answer = await gateway.PostAsync("/invoke", """{"text":"ping"}""");

        await answer.ProblemAsync(400, "agent_failed");
        _second.Control.Counters.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Session_whose_region_is_gone_moves_and_says_so_once()
    {
        var (process, client) = await GatewayProcess.StartAsync(
            $"Sluice__Engines__default__Regions__0__Name={_first.EngineName("adk")}",
            $"Sluice__Engines__default__Regions__0__Endpoint={_first.Address.GetLeftPart(UriPartial.Authority)}",
            $"Sluice__Engines__default__Regions__1__Name={_second.EngineName("adk", "europe-west1")}",
            $"Sluice__Engines__default__Regions__1__Endpoint={_second.Address.GetLeftPart(UriPartial.Authority)}",
            "Sluice__Engines__default__Dialect=adk",
            "Sluice__Resilience__BaseDelay=1ms");
        await using var gateway = new TwoEngines(process, client);

        using var before = await gateway.PostAsync("/invoke", """{"text":"one","session_id":"s"}""");
        await _first.SuspendAsync();
        using var moved = await gateway.PostAsync("/invoke", """{"text":"two","session_id":"s"}""");
        using var after = await gateway.PostAsync("/invoke/stream", """{"text":"three","session_id":"s"}""");
        using var turn = await gateway.Client.GetAsync($"/sessions/s/turns/{moved.Header("X-Turn-Id")}");

        before.Header("X-Engine-Region").ShouldBe("us-central1");
        moved.Header("X-Engine-Region").ShouldBe("europe-west1");
        moved.Header("X-Engine-Moved-From").ShouldBe("us-central1");
        (await turn.JsonAsync()).Text("moved_from").ShouldBe("us-central1");
        await using var events = await Events.OfAsync(after);
        var done = (await events.RestAsync()).LastAs("done");
        done.Text("region").ShouldBe("europe-west1");
        done.TryGetProperty("moved_from", out _).ShouldBeFalse();
        _second.Control.Counters.TurnsRun("two").ShouldBe(1);
    }

    private async Task<TwoEngines> StartAsync(params string[] environment)
    {
        var (process, client) = await GatewayProcess.StartAsync(
        [
            $"AGENT_ENGINE_NAME={_first.EngineName("echo")}",
            $"AGENT_ENGINE_ENDPOINT={_first.Address.GetLeftPart(UriPartial.Authority)}",
            $"Sluice__Engines__second__Regions__0__Name={_second.EngineName("echo", "europe-west1")}",
            $"Sluice__Engines__second__Regions__0__Endpoint={_second.Address.GetLeftPart(UriPartial.Authority)}",
            "AGENT_ENGINE_DIALECT=query",
            "Sluice__Engines__second__Dialect=query",
            "Sluice__Http__HeadHold=10s",
            .. environment,
        ]);
        return new TwoEngines(process, client);
    }

    private sealed record TwoEngines(GatewayProcess Process, HttpClient Client) : IAsyncDisposable
    {
        public Task<HttpResponseMessage> PostAsync(string path, string json) => Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await Process.DisposeAsync();
            Process.Output.ShouldNotContain("\"severity\":\"ERROR\"");
            Process.Error.ShouldBeEmpty();
        }
    }
}
