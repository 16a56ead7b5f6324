using System.IO.Compression;
using System.Text;
using Sluice.Core.Engines;

namespace Sluice.Api.Tests.Http;

public sealed class CompressionTests
{
    private static readonly string Large = "{\"output\":\"" + string.Concat(Enumerable.Repeat("all work and no play ", 200)) + "\"}";

    [Theory]
    [InlineData("br", "br")]
    [InlineData("gzip, deflate, br", "br")]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("*", "br")]
    [InlineData("br;q=0, *;q=0.1", "gzip")]
    [InlineData("br;q=0, gzip;q=0", "")]
    [InlineData("deflate", "")]
    [InlineData("identity", "")]
    [InlineData("nonsense,,;=", "")]
    public async Task A_large_answer_is_compressed_as_the_client_likes_best(string accepted, string coding)
    {
        await using var gateway = await AnswerAsync(Large);

        using var response = await gateway.PostAsync("/invoke", """{"text":"a"}""", ("Accept-Encoding", accepted));

        response.Header("Content-Encoding").ShouldBe(coding);
        response.Header("Vary").ShouldBe("Accept-Encoding");
        var sent = await response.Content.ReadAsByteArrayAsync();
        response.Content.Headers.ContentLength.ShouldBe(sent.Length);
        using Stream body = coding switch
        {
            "br" => new BrotliStream(new MemoryStream(sent), CompressionMode.Decompress),
            "gzip" => new GZipStream(new MemoryStream(sent), CompressionMode.Decompress),
            _ => new MemoryStream(sent),
        };
        (await new StreamReader(body).ReadToEndAsync()).ShouldBe(Large);
        (coding.Length == 0 || sent.Length < Large.Length / 2).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_being_asked_nothing_is_compressed_but_caches_are_told()
    {
        await using var gateway = await AnswerAsync(Large);

        using var response = await gateway.PostAsync("/invoke", """{"text":"a"}""");

        response.Header("Content-Encoding").ShouldBe("");
        response.Header("Vary").ShouldBe("Accept-Encoding");
    }

    [Fact]
    public async Task A_small_answer_goes_as_it_is()
    {
        await using var gateway = await AnswerAsync("{\"output\":\"pong\"}");

        using var response = await gateway.PostAsync("/invoke", """{"text":"a"}""", ("Accept-Encoding", "br, gzip"));

        response.Header("Content-Encoding").ShouldBe("");
        response.Header("Vary").ShouldBe("");
    }

    [Fact]
    public async Task A_stream_is_never_compressed()
    {
        await using var gateway = await AnswerAsync(Large);

        using var response = await gateway.PostAsync("/invoke/stream", """{"text":"a"}""", ("Accept-Encoding", "br, gzip"));

        response.Header("Content-Encoding").ShouldBe("");
        (await response.Content.ReadAsStringAsync()).ShouldStartWith("id: ");
    }

    [Theory]
    [InlineData("/invoke")]
    [InlineData("/invoke/stream")]
    [InlineData("/invoke:batch")]
    public async Task A_body_that_would_burst_is_refused_before_it_is_unpacked(string path)
    {
        await using var gateway = await AnswerAsync(Large);
        var packed = Packed(megabytes: 64);
        var before = GC.GetTotalAllocatedBytes();
        foreach (var coding in new[] { "gzip", "br", "identity, gzip", "x-gzip" })
        {
            using var content = new ByteArrayContent(packed);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
            using var response = await gateway.Client.PostAsync(path, content);
            await response.ProblemAsync(415, "unsupported_content_encoding");
        }

        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(32 * 1024 * 1024);
        gateway.Engine.Calls.ShouldBe(0);
    }

    private static byte[] Packed(int megabytes)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            var blanks = new byte[1024 * 1024];
            blanks.AsSpan().Fill((byte)' ');
            for (var i = 0; i < megabytes; i++)
            {
                gzip.Write(blanks);
            }
        }

        return packed.ToArray();
    }

    private static Task<Gateway> AnswerAsync(string json) => Gateway.StartAsync(engine: Gateway.Always(call =>
    {
        call.Turn.Append(Encoding.UTF8.GetBytes(json), default);
        return new EngineOutcome { Answer = AnswerShape.Verbatim };
    }));
}
