using System.Text.Json;
using Sluice.Api.Tests.Http;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>What an engine does wrong, and what a caller is told of it.</summary>
public sealed class FailureTests(PatientStage shared) : IClassFixture<PatientStage>
{
    private readonly Stage _stage = shared.Stage;

    public static TheoryData<Fault, int, string, int?> Answers { get; } = new()
    {
        { Fault.Quota, 429, "engine_quota_exceeded", 429 },
        { Fault.Unavailable, 503, "engine_unavailable", 503 },
        { Fault.BadGateway, 503, "engine_unavailable", 502 },
        { Fault.Internal, 502, "engine_internal_error", 500 },
        { Fault.Deadline, 504, "engine_deadline_exceeded", 504 },
        { Fault.Unauthenticated, 502, "engine_unauthenticated", 401 },
        { Fault.Forbidden, 502, "engine_permission_denied", 403 },
        { Fault.NotFound, 404, "engine_not_found", 404 },
        { Fault.AgentError, 400, "agent_failed", 400 },
        { Fault.ColdContainer, 503, "engine_cold_start", 400 },
        { Fault.ColdContainerEmpty, 503, "engine_cold_start", 400 },
        { Fault.Empty, 502, "engine_empty_answer", null },
        { Fault.TruncateReset, 502, "engine_stream_cut", null },
        { Fault.Reset, 502, "engine_stream_cut", null },
    };

    public static TheoryData<Fault, string> Breaks { get; } = new()
    {
        { Fault.Truncate, "engine_stream_cut" },
        { Fault.TruncateReset, "engine_stream_cut" },
        { Fault.ErrorLine, "engine_stream_error" },
        { Fault.ClosedLine, "engine_stream_error" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public Task Whole_answer_that_fails_is_a_problem(Fault fault, int status, string code, int? upstream) =>
        ShouldBeRefusedAsync("/invoke", fault, status, code, upstream);

    [Theory]
    [MemberData(nameof(Answers))]
    public Task Stream_that_fails_before_its_first_event_is_the_same_problem(Fault fault, int status, string code, int? upstream) =>
        ShouldBeRefusedAsync("/invoke/stream", fault, status, code, upstream);

    [Theory]
    [InlineData("/invoke", "engine_malformed_answer")]
    [InlineData("/invoke/stream", "engine_stream_cut")]
    public Task Answer_that_ends_in_the_middle_is_a_problem(string path, string code) => ShouldBeRefusedAsync(path, Fault.Truncate, 502, code, upstream: null);

    [Theory]
    [InlineData(Fault.ErrorLine)]
    [InlineData(Fault.ClosedLine)]
    public Task Error_in_place_of_the_first_event_is_a_problem(Fault fault) =>
        ShouldBeRefusedAsync("/invoke/stream", fault, 502, "engine_stream_error", fault == Fault.ClosedLine ? 498 : null);

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Stream_that_fails_later_ends_with_one_error_and_is_not_retried(Fault fault, string code)
    {
        var prompt = $"later {fault}";
        _stage.Engine.Enqueue(new Script { MessageContains = prompt, Fault = fault, After = 2 });

        using var answer = await _stage.PostAsync("/invoke/stream", Asking.Body(prompt));
        await using var events = await Events.OfAsync(answer);
        var all = await events.RestAsync();

        all.Text().ShouldBe("You said:");
        var error = all.LastAs("error");
        error.Text("code").ShouldBe(code);
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
        error.Text("trace_id").ShouldBe(answer.Header("X-Trace-Id"));
        _stage.Engine.Counters.TurnsRun(prompt).ShouldBe(1);
    }

    [Fact]
    public async Task Error_behind_a_whole_answer_is_the_end_that_is_told()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "late", Fault = Fault.LateError });

        await using var events = await Events.OfAsync(await _stage.PostAsync("/invoke/stream", Asking.Body("late")));
        var all = await events.RestAsync();

        all.Text().ShouldBe("You said: late");
        all[^1].EventType.ShouldBeOneOf("done", "error");
    }

    [Fact]
    public async Task Engine_that_says_how_long_to_wait_is_quoted()
    {
        _stage.Engine.Enqueue(new Script { MessageContains = "wait for it", Fault = Fault.Quota, RetryDelay = TimeSpan.FromSeconds(17) });

        using var answer = await _stage.PostAsync("/invoke", Asking.Body("wait for it"));

        await answer.ProblemAsync(429, "engine_quota_exceeded");
        answer.Header("Retry-After").ShouldBe("17");
    }

    private async Task ShouldBeRefusedAsync(string path, Fault fault, int status, string code, int? upstream)
    {
        var prompt = $"secret-{path.Length}-{fault}";
        _stage.Engine.Enqueue(new Script { MessageContains = prompt, Fault = fault, After = 0 });

        using var answer = await _stage.PostAsync(path, Asking.Body(prompt), ("Authorization", "Bearer callers-own-token"));

        var problem = await answer.ProblemAsync(status, code);
        problem.Text("trace_id").ShouldBe(answer.Header("X-Trace-Id"));
        problem.TryGetProperty("upstream_status", out var told).ShouldBe(upstream is not null);
        if (upstream is not null)
        {
            told.GetInt32().ShouldBe(upstream.Value);
        }

        var text = JsonSerializer.Serialize(problem);
        text.ShouldNotContain("Request Data");
        text.ShouldNotContain("callers-own-token");
        text.ShouldNotContain("Traceback");
        text.ShouldNotContain("   at ");
        text.ShouldNotContain(prompt);
    }
}
