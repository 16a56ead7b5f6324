using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.TestKit;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class TimeoutTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData("", Delivery.Whole, 61, FaultKind.FirstEventTimeout)]
    [InlineData("", Delivery.Streamed, 121, FaultKind.FirstEventTimeout)]
    [InlineData("{\"half\":", Delivery.Streamed, 121, FaultKind.FirstEventTimeout)]
    [InlineData(": hb\n\n", Delivery.Streamed, 121, FaultKind.FirstEventTimeout)]
    [InlineData("{\"output\":", Delivery.Whole, 61, FaultKind.FirstEventTimeout)]
    [InlineData("{\"chunk\":\"a\"}\n", Delivery.Streamed, 301, FaultKind.IdleTimeout)]
    public async Task A_silent_engine_is_given_up_and_the_fault_says_which_wait_it_was(string sent, Delivery delivery, int seconds, FaultKind kind)
    {
        var (stub, closed) = await SilentAsync(sent);
        await using var _ = stub;
        await using var bench = new Bench(stub, time: _time);
        var turn = FakeTurn.Saying("x", delivery);
        var running = bench.RunAsync(turn);
        await SentAsync(stub, turn, sent);

        _time.Advance(TimeSpan.FromSeconds(seconds - 2));
        running.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromSeconds(2));
        var fault = (await running).Fault.ShouldNotBeNull();
        fault.Kind.ShouldBe(kind);
        fault.Started.ShouldBe(kind == FaultKind.IdleTimeout);
        await closed.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_stream_that_goes_on_is_cut_when_the_whole_call_takes_too_long()
    {
        var go = new SemaphoreSlim(0);
        await using var stub = await StubEngine.StartAsync(async (context, _) =>
        {
            try
            {
                while (true)
                {
                    await context.Response.WriteAsync("\"a\"\n");
                    await context.Response.Body.FlushAsync();
                    await go.WaitAsync(context.RequestAborted);
                }
            }
            catch (OperationCanceledException)
            {
                // The client has left.
            }
        });
        await using var bench = new Bench(stub, time: _time);
        var turn = FakeTurn.Saying("x");
        var running = bench.RunAsync(turn);
        await turn.PublishedAsync();
        for (var passed = 0; passed < 880; passed += 220)
        {
            _time.Advance(TimeSpan.FromSeconds(220));
            running.IsCompleted.ShouldBeFalse();
            go.Release();
            await turn.PublishedAsync();
        }

        _time.Advance(TimeSpan.FromSeconds(21));
        (await running).Fault!.Kind.ShouldBe(FaultKind.TotalTimeout);
    }

    [Theory]
    [InlineData("", Delivery.Whole)]
    [InlineData("", Delivery.Streamed)]
    [InlineData("{\"chunk\":\"a\"}\n", Delivery.Streamed)]
    public async Task Cancelling_reaches_the_engine_within_a_second_and_is_no_fault(string sent, Delivery delivery)
    {
        var (stub, closed) = await SilentAsync(sent);
        await using var _ = stub;
        await using var bench = new Bench(stub);
        using var cancel = new CancellationTokenSource();
        var turn = FakeTurn.Saying("x", delivery);
        var running = bench.RunAsync(turn, cancel.Token);
        await SentAsync(stub, turn, sent);

        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        var thrown = await Should.ThrowAsync<OperationCanceledException>(running);
        thrown.CancellationToken.ShouldBe(cancel.Token);
        await closed.WaitAsync(TimeSpan.FromSeconds(5));
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_stream_the_gateway_gives_up_is_closed_at_once_while_the_engine_still_sends()
    {
        var closed = new TaskCompletionSource();
        await using var stub = await StubEngine.StartAsync(async (context, _) =>
        {
            context.RequestAborted.Register(closed.SetResult);
            await context.Response.WriteAsync("nope\n");
            await context.Response.Body.FlushAsync();
            await closed.Task;
        });
        await using var bench = new Bench(stub);
        (await bench.RunAsync(FakeTurn.Saying("x"))).Fault!.Kind.ShouldBe(FaultKind.MalformedAnswer);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_turn_cancelled_before_it_runs_sends_nothing()
    {
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub);
        await Should.ThrowAsync<OperationCanceledException>(bench.RunAsync(FakeTurn.Saying("x"), new CancellationToken(canceled: true)));
        stub.Seen.ShouldBeEmpty();
    }

    // Sends something, then nothing until the client leaves.
    private static async Task<(StubEngine Stub, Task Closed)> SilentAsync(string sent)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stub = await StubEngine.StartAsync(async (context, _) =>
        {
            context.RequestAborted.Register(closed.SetResult);
            if (sent.Length > 0)
            {
                await context.Response.WriteAsync(sent);
                await context.Response.Body.FlushAsync();
            }

            await closed.Task;
        });
        return (stub, closed.Task);
    }

    private static async Task SentAsync(StubEngine stub, FakeTurn turn, string sent)
    {
        if (sent.StartsWith("{\"chunk", StringComparison.Ordinal))
        {
            await turn.PublishedAsync();
            return;
        }

        var waited = Stopwatch.StartNew();
        while (stub.Seen.IsEmpty)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }
    }
}
