using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sluice.Api.Streaming;
using Sluice.Core.Turns;

namespace Sluice.Api.Tests.Http;

public sealed class SseWriterTests
{
    private static readonly TurnId Turn = new(new Guid("01234567-89ab-7def-8123-456789abcdef"));

    [Theory]
    [InlineData("a", "data: a\n")]
    [InlineData("a\nb", "data: a\ndata: b\n")]
    [InlineData("a\r\nb\rc\n", "data: a\ndata: b\ndata: c\ndata: \n")]
    [InlineData("\n\n", "data: \ndata: \ndata: \n")]
    [InlineData("\r", "data: \ndata: \n")]
    public async Task Data_of_many_lines_is_framed_line_by_line(string data, string framed) =>
        (await WrittenAsync(writer => writer.Raw(7, Encoding.UTF8.GetBytes(data)))).ShouldBe($"id: {Turn}:7\n{framed}\n");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1900)]
    [InlineData(2000)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task A_chunk_of_any_size_is_one_frame(int size)
    {
        var literal = "\"" + new string('x', size) + "\"";
        (await WrittenAsync(writer => writer.Chunk(long.MaxValue, Encoding.UTF8.GetBytes(literal))))
            .ShouldBe($"id: {Turn}:9223372036854775807\ndata: {{\"chunk\":{literal}}}\n\n");
    }

    [Fact]
    public async Task A_heartbeat_is_a_comment_line_alone() => (await WrittenAsync(writer => writer.Heartbeat())).ShouldBe(": hb\n");

    [Fact]
    public void Events_are_written_without_allocating()
    {
        var written = new ArrayBufferWriter<byte>(64 * 1024);
        var writer = new SseWriter(new Sink(written), Turn);
        var literal = "\"Once upon a time\""u8.ToArray();
        Write(100);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Write(10_000);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10_000);

        void Write(int count)
        {
            for (var i = 0; i < count; i++)
            {
                writer.Chunk(i, literal);
                writer.Raw(i, literal);
                if (i % 16 == 0)
                {
                    written.ResetWrittenCount();
                }
            }
        }
    }

    private sealed class Sink(ArrayBufferWriter<byte> written) : PipeWriter
    {
        public override void Advance(int bytes) => written.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => written.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => written.GetSpan(sizeHint);

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;
    }

    private static async Task<string> WrittenAsync(Action<SseWriter> write)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writer = new SseWriter(pipe.Writer, Turn);
        write(writer);
        var counted = writer.Unflushed;
        await writer.FlushAsync(CancellationToken.None);
        var read = await pipe.Reader.ReadAsync();
        read.Buffer.Length.ShouldBe(counted);
        return Encoding.UTF8.GetString(read.Buffer);
    }
}
