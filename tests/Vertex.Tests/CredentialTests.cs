using System.Diagnostics;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.TestKit;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class CredentialTests : IAsyncDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ManualTime _time = new();
    private readonly FakeSource _source = new();
    private readonly CachedTokens _tokens;

    public CredentialTests() => _tokens = new CachedTokens(_source, _time);

    public ValueTask DisposeAsync() => _tokens.DisposeAsync();

    [Fact]
    public async Task Callers_who_wait_together_share_one_request()
    {
        var waiting = Enumerable.Range(0, 100).Select(_ => GetAsync()).ToList();
        await _source.AskedAsync();
        waiting.ShouldAllBe(get => !get.IsCompleted);
        _source.Give("t1", Hour);
        (await Task.WhenAll(waiting)).ShouldAllBe(header => header == "Bearer t1");
        _source.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_token_is_replaced_four_minutes_early_and_serves_while_it_is()
    {
        await FirstAsync("t1");
        _time.Advance(Hour - TimeSpan.FromMinutes(4) - TimeSpan.FromSeconds(1));
        (await GetAsync()).ShouldBe("Bearer t1");
        _source.Requests.ShouldBe(1);

        _time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i < 10; i++)
        {
            (await GetAsync()).ShouldBe("Bearer t1");
        }

        await _source.AskedAsync();
        _source.Requests.ShouldBe(2);
        _source.Give("t2", Hour);
        await UntilAsync("Bearer t2");
    }

    [Fact]
    public async Task A_failed_refresh_leaves_the_old_token_while_it_is_valid_and_is_not_tried_all_the_time()
    {
        await FirstAsync("t1");
        _time.Advance(Hour - TimeSpan.FromMinutes(3));
        (await GetAsync()).ShouldBe("Bearer t1");
        await _source.AskedAsync();
        _source.Fail("down");
        for (var i = 0; i < 50; i++)
        {
            (await GetAsync()).ShouldBe("Bearer t1");
        }

        _source.Requests.ShouldBe(2);
        _time.Advance(TimeSpan.FromMinutes(3));
        var last = GetAsync();
        await _source.AskedAsync();
        _source.Fail("still down");
        (await last).ShouldBe("still down");

        // And at once from then on, until the pause is over.
        (await GetAsync()).ShouldBe("still down");
        _source.Requests.ShouldBe(3);
        _time.Advance(TimeSpan.FromSeconds(2));
        var again = GetAsync();
        await _source.AskedAsync();
        _source.Give("t2", Hour);
        (await again).ShouldBe("Bearer t2");
    }

    [Fact]
    public async Task A_token_server_that_gives_the_same_token_again_is_not_asked_in_a_loop()
    {
        await FirstAsync("t1", TimeSpan.FromMinutes(3));
        (await GetAsync()).ShouldBe("Bearer t1");
        (await GetAsync()).ShouldBe("Bearer t1");
        _source.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_token_server_that_does_not_answer_is_given_up()
    {
        var get = GetAsync();
        await _source.AskedAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        (await get).ShouldBe("Google's token server did not answer within 30 s.");
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_take_the_request_along()
    {
        using var cancel = new CancellationTokenSource();
        var leaving = _tokens.GetAsync(cancel.Token).AsTask();
        var staying = GetAsync();
        await _source.AskedAsync();
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaving);
        _source.Give("t1", Hour);
        (await staying).ShouldBe("Bearer t1");
        _source.Requests.ShouldBe(1);
    }

    [Fact]
    public async Task A_refused_token_is_replaced_once_for_all_calls_that_carried_it()
    {
        await using var stub = await StubEngine.StartAsync((context, seen) => StubEngine.Answer(
            context, seen.Headers["Authorization"] == "Bearer t2" ? 200 : 401, """{"output":1}"""));
        await using var bench = new Bench(stub, tokens: _tokens);
        await FirstAsync("t1");
        _time.Advance(TimeSpan.FromMinutes(1));
        var running = Enumerable.Range(0, 20).Select(_ => bench.RunAsync(FakeTurn.Saying("x", Delivery.Whole))).ToList();
        await _source.AskedAsync();
        _source.Give("t2", Hour);
        (await Task.WhenAll(running)).ShouldAllBe(outcome => outcome.Fault == null);
        _source.Requests.ShouldBe(2);
        stub.Seen.Count(seen => seen.Headers["Authorization"] == "Bearer t1").ShouldBeLessThanOrEqualTo(20);
        stub.Seen.Where(seen => seen.Headers["Authorization"] == "Bearer t2").ShouldAllBe(seen => seen.Body == """{"input":{"text":"x"}}""");
    }

    [Fact]
    public async Task A_fresh_token_that_is_refused_too_is_unauthenticated_after_one_more_try()
    {
        await using var stub = await StubEngine.StartAsync(401, """{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}""");
        await using var bench = new Bench(stub, tokens: _tokens);
        await FirstAsync("t1");
        _time.Advance(TimeSpan.FromMinutes(1));
        var running = bench.RunAsync(FakeTurn.Saying("x"));
        await _source.AskedAsync();
        _source.Give("t2", Hour);
        (await running).Fault!.Kind.ShouldBe(FaultKind.Unauthenticated);
        stub.Seen.Select(seen => seen.Headers["Authorization"]).ShouldBe(["Bearer t1", "Bearer t2"]);

        // The new one is too new to be refused for its age: no third is asked for.
        (await bench.RunAsync(FakeTurn.Saying("x"))).Fault!.Kind.ShouldBe(FaultKind.Unauthenticated);
        stub.Seen.Count.ShouldBe(3);
        _source.Requests.ShouldBe(2);
    }

    [Fact]
    public async Task Without_a_token_the_engine_is_not_called()
    {
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub, tokens: _tokens);
        var running = bench.RunAsync(FakeTurn.Saying("x"));
        await _source.AskedAsync();
        _source.Fail("No Google credentials were found.");
        var fault = (await running).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(FaultKind.CredentialsUnavailable);
        fault.Message.ShouldBe("No Google credentials were found.");
        stub.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_credentials_quota_project_goes_with_their_token()
    {
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub, tokens: _tokens);
        var running = bench.RunAsync(FakeTurn.Saying("x", Delivery.Whole));
        await _source.AskedAsync();
        _source.Give("t1", Hour, "payer");
        await running;
        stub.Seen.Single().Headers["x-goog-user-project"].ShouldBe("payer");
    }

    [Fact]
    public void No_token_shows_in_a_log()
    {
        new CallAuthorization("Bearer t1").ToString().ShouldBe("token");
        new Token("t1", Hour, null).ToString().ShouldBe("token");
    }

    private async Task FirstAsync(string token, TimeSpan? life = null)
    {
        var get = GetAsync();
        await _source.AskedAsync();
        _source.Give(token, life ?? Hour);
        (await get).ShouldBe("Bearer " + token);
    }

    private async Task<string?> GetAsync()
    {
        var authorization = await _tokens.GetAsync(CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
        return authorization.Problem ?? authorization.Header;
    }

    private async Task UntilAsync(string header)
    {
        var waited = Stopwatch.StartNew();
        while (await GetAsync() != header)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }

    private sealed class FakeSource : ITokenSource
    {
        private readonly SemaphoreSlim _asked = new(0);
        private TaskCompletionSource<Token> _answer = new();
        private int _requests;

        public int Requests => _requests;

        public Task<Token> RequestAsync(CancellationToken cancellationToken)
        {
            // Continues on the thread that gives: what a test looks at next has happened.
            _answer = new TaskCompletionSource<Token>();
            Interlocked.Increment(ref _requests);
            _asked.Release();
            return _answer.Task.WaitAsync(cancellationToken);
        }

        public async Task AskedAsync() => (await _asked.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBeTrue("no token was asked for");

        public void Give(string token, TimeSpan life, string? quotaProject = null) => _answer.SetResult(new Token(token, life, quotaProject));

        public void Fail(string message) => _answer.SetException(new TokenException(message));
    }
}
