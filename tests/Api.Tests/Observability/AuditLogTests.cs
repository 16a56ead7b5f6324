using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sluice.Api.Configuration;
using Sluice.Api.Observability;
using Sluice.Core.Audit;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Observability;

public sealed class AuditLogTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ManualTime _time = new();
    private readonly StringWriter _output = new();

    [Fact]
    public async Task Record_is_a_line_of_the_log_from_which_its_bytes_can_be_had_as_they_were()
    {
        var batch = Batch("billing", "with \"quotes\", a \\, é and a \n");

        (await Log(LogFormat.Json).AppendAsync(batch, None)).ShouldBeTrue();

        var lines = _output.ToString().Split('\n');
        lines.Length.ShouldBe(batch.Lines.Count + 1);
        lines[^1].ShouldBeEmpty();
        for (var i = 0; i < batch.Lines.Count; i++)
        {
            var line = JsonElement.Parse(lines[i]);
            var record = Encoding.UTF8.GetBytes(line.GetProperty("fields").GetProperty("Record").GetString()!);
            record.ShouldBe(batch.Lines[i].ToArray());
            AuditRecord.Read(record).ShouldNotBeNull().Head.Sequence.ShouldBe(i + 1);
            line.GetProperty("severity").GetString().ShouldBe("INFO");
            line.GetProperty("time").GetDateTimeOffset().ShouldBe(_time.GetUtcNow());
            line.GetProperty("message").GetString().ShouldBe("Audit");
            line.GetProperty("logging.googleapis.com/labels").ToString().ShouldBe("""{"logger":"Sluice.Api.Observability.AuditLog","event":"Record"}""");
        }
    }

    [Fact]
    public async Task For_people_it_is_a_line_of_text()
    {
        var batch = Batch("billing");

        await Log(LogFormat.Text).AppendAsync(batch, None);

        _output.ToString().ShouldEndWith($" info   Audit {Encoding.ASCII.GetString(batch.Lines[0].Span)}\n");
        _output.ToString().Count(letter => letter == '\n').ShouldBe(1);
    }

    [Fact]
    public async Task Batches_follow_each_other_in_whole_lines()
    {
        var log = Log(LogFormat.Json);
        var trail = new AuditTrail(log, 100_000, _time, new RecordedTrail());
        await trail.StartAsync(None);
        for (var i = 0; i < 5000; i++)
        {
            trail.TryRecord(Entry($"c{i}")).ShouldBeTrue();
        }

        await trail.DisposeAsync();

        var records = _output.ToString().TrimEnd('\n').Split('\n')
            .Select(line => AuditRecord.Read(Encoding.UTF8.GetBytes(JsonElement.Parse(line).GetProperty("fields").GetProperty("Record").GetString()!)).ShouldNotBeNull())
            .ToList();
        records.Select(record => record.Head.Sequence).ShouldBe(Enumerable.Range(1, 5001).Select(number => (long)number));
        records.Skip(1).Select(record => record.Previous).ShouldBe(records.SkipLast(1).Select(record => record.Head.Hash));
    }

    [Fact]
    public async Task Nothing_is_written_when_the_log_does_not_want_such_lines()
    {
        (await Log(LogFormat.Json, isWanted: false).AppendAsync(Batch("billing"), None)).ShouldBeTrue();

        _output.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task End_of_the_process_does_not_wait_for_whoever_does_not_take_the_log_away()
    {
        using var output = new StuckWriter();
        var log = new AuditLog(output, Options(LogFormat.Json), new Wanting(isWanted: true), _time);
        using var givingUp = new CancellationTokenSource();
        var appending = log.AppendAsync(Batch("billing"), givingUp.Token).AsTask();
        await output.IsStuck;
        appending.IsCompleted.ShouldBeFalse("what is not written is not recorded");

        await givingUp.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(appending);
        output.GoOn();
    }

    private AuditLog Log(LogFormat format, bool isWanted = true) => new(TextWriter.Synchronized(_output), Options(format), new Wanting(isWanted), _time);

    private static LoggingOptions Options(LogFormat format) => new() { Format = format, Requests = RequestLogging.Off };

    private static AuditEntry Entry(string subject) => new(AuditAction.Admitted, DateTimeOffset.UnixEpoch) { Subject = subject, Method = "POST", Route = "/invoke" };

    private static AuditBatch Batch(params string[] subjects)
    {
        var head = AuditHead.None("gateway");
        var lines = new List<ReadOnlyMemory<byte>>();
        foreach (var subject in subjects)
        {
            var line = new ArrayBufferWriter<byte>();
            head = AuditRecord.Write(Entry(subject), head, line);
            lines.Add(line.WrittenMemory);
        }

        return new AuditBatch(1, DateTimeOffset.UnixEpoch, lines);
    }

    private sealed class Wanting(bool isWanted) : ILogger<AuditLog>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isWanted;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("Not a line by itself.");
    }

    /// <summary>A pipe that is full.</summary>
    private sealed class StuckWriter : TextWriter
    {
        private readonly ManualResetEventSlim _going = new();
        private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsStuck => _stuck.Task.WaitAsync(TimeSpan.FromSeconds(10));

        public override Encoding Encoding => Encoding.UTF8;

        public void GoOn() => _going.Set();

        public override void Write(char[] buffer, int index, int count)
        {
            _stuck.TrySetResult();
            _going.Wait();
        }
    }
}
