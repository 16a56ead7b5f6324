using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sluice.Core.Engines;
using Sluice.Core.Turns;
using Sluice.Vertex.Tests.Stub;

namespace Sluice.Vertex.Tests;

public sealed class TransportTests
{
    [Fact]
    public async Task A_thousand_calls_share_the_pools_connections()
    {
        const int Pool = 8;
        await using var stub = await StubEngine.StartAsync((context, seen) =>
            StubEngine.Answer(context, 200, seen.Path.EndsWith(":query", StringComparison.Ordinal) ? "{\"output\":1}" : "\"a\"\n\"b\"\n"));
        await using var bench = new Bench(stub, options => options with { MaxConnections = Pool });
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i =>
            bench.RunAsync(FakeTurn.Saying("x", i % 2 == 0 ? Delivery.Whole : Delivery.Streamed))));
        outcomes.ShouldAllBe(outcome => outcome.Fault == null);
        stub.Connections.ShouldBeInRange(1, Pool);
    }

    [Fact]
    public async Task A_call_that_failed_gives_its_connection_back()
    {
        await using var stub = await StubEngine.StartAsync(429, """{"error":{"code":429,"message":"m"}}""");
        await using var bench = new Bench(stub);
        for (var i = 0; i < 20; i++)
        {
            await bench.RunAsync(FakeTurn.Saying("x"));
        }

        stub.Connections.ShouldBe(1);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Http2_is_used_where_the_server_offers_it(HttpProtocols offered, string used)
    {
        await using var stub = await TlsAsync(offered, (context, _) => StubEngine.Answer(context, 200, "\"a\"\n"));
        await using var bench = new Bench(stub, configure: Trust(stub));
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => bench.RunAsync(FakeTurn.Saying("x"))));
        outcomes.ShouldAllBe(outcome => outcome.Fault == null);
        stub.Seen.ShouldAllBe(seen => seen.Protocol == used);
    }

    [Fact]
    public async Task Cancelling_resets_the_http2_stream_and_spares_the_connection()
    {
        var reached = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using var stub = await TlsAsync(HttpProtocols.Http1AndHttp2, async (context, seen) =>
        {
            if (seen.Body.Contains("wait", StringComparison.Ordinal))
            {
                context.RequestAborted.Register(closed.SetResult);
                reached.SetResult();
                await closed.Task;
                return;
            }

            await StubEngine.Answer(context, 200, "\"a\"\n");
        });
        await using var bench = new Bench(stub, configure: Trust(stub));
        using var cancel = new CancellationTokenSource();
        var running = bench.RunAsync(FakeTurn.Saying("wait"), cancel.Token);
        await reached.Task;
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(1));
        (await bench.RunAsync(FakeTurn.Saying("x"))).Fault.ShouldBeNull();
        stub.Connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_certificate_nobody_vouches_for_is_not_accepted()
    {
        await using var stub = await TlsAsync(HttpProtocols.Http1AndHttp2, (context, _) => StubEngine.Answer(context, 200, "{}"));
        await using var bench = new Bench(stub);
        (await bench.RunAsync(FakeTurn.Saying("x"))).Fault!.Kind.ShouldBe(FaultKind.Unreachable);
        stub.Seen.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_engine_sees_the_trace_of_the_call_in_both_forms()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var parent = new Activity("request").SetIdFormat(ActivityIdFormat.W3C);
        parent.TraceStateString = "vendor=1";
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Sluice",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        parent.Start();
        await using var stub = await StubEngine.StartAsync(200, """
            {"content":{"parts":[{"text":"secret answer"}]},"finish_reason":"STOP","usage_metadata":{"prompt_token_count":3,"candidates_token_count":2}}
            """);
        await using var bench = new Bench(stub);
        await bench.RunAsync(FakeTurn.Saying("secret question"));

        var span = spans.Single(span => span.TraceId == parent.TraceId);
        span.ParentSpanId.ShouldBe(parent.SpanId);
        span.Kind.ShouldBe(ActivityKind.Client);
        span.DisplayName.ShouldBe("invoke_agent 42");
        var seen = stub.Seen.Single().Headers;
        seen["traceparent"].ShouldBe($"00-{parent.TraceId}-{span.SpanId}-01");
        seen["tracestate"].ShouldBe("vendor=1");
        var decimalSpan = ulong.Parse(span.SpanId.ToHexString(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        seen["X-Cloud-Trace-Context"].ShouldBe($"{parent.TraceId}/{decimalSpan};o=1");

        var tags = span.TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value);
        tags["gen_ai.operation.name"].ShouldBe("invoke_agent");
        tags["gen_ai.provider.name"].ShouldBe("gcp.vertex_ai");
        tags["gen_ai.agent.id"].ShouldBe("42");
        tags["gen_ai.conversation.id"].ShouldBe("s1");
        tags["gen_ai.usage.input_tokens"].ShouldBe(3L);
        tags["gen_ai.usage.output_tokens"].ShouldBe(2L);
        tags["gen_ai.response.finish_reasons"].ShouldBe(new[] { "STOP" });
        tags["http.response.status_code"].ShouldBe(200);
        tags["server.address"].ShouldBe("127.0.0.1");
        string.Join(' ', tags.Values).ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_quota_project_is_named_to_the_engine()
    {
        await using var stub = await StubEngine.StartAsync(200, "{}");
        await using var bench = new Bench(stub, options => options with { QuotaProject = "payer", ApiVersion = "v1" });
        await bench.RunAsync(FakeTurn.Saying("x", Delivery.Whole));
        stub.Seen.Single().Headers["x-goog-user-project"].ShouldBe("payer");
        stub.Seen.Single().Path.ShouldStartWith("/v1/projects/");
    }

    private static async Task<StubEngine> TlsAsync(HttpProtocols protocols, StubEngine.Handler handler)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
        return await StubEngine.StartAsync(handler, options =>
        {
            options.Protocols = protocols;
            options.UseHttps(certificate);
        });
    }

    private static Action<SocketsHttpHandler> Trust(StubEngine stub) => handler =>
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null && stub.Url.IsLoopback;
}
