using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Sluice.Core.Storage;

namespace Sluice.Core.Audit;

/// <summary>
/// Takes decisions for the record without waiting, and writes them down in the order in which they came, as many together as there are. What cannot be written is tried again;
/// when as many wait as may, no more is taken.
/// </summary>
public sealed class AuditTrail : IAsyncDisposable
{
    private const int LargestBatch = 1024;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(1);

    private readonly IAuditStore _store;
    private readonly TimeProvider _time;
    private readonly IAuditObserver _observer;
    private readonly Channel<AuditEntry> _waiting;
    private readonly CancellationTokenSource _givingUp = new();

    // Of the batch that is being written: there is one at a time.
    private readonly ArrayBufferWriter<byte> _text = new(64 * 1024);
    private readonly Utf8JsonWriter _json;
    private readonly List<AuditEntry> _entries = [];
    private readonly List<int> _ends = [];
    private Task _writing = Task.CompletedTask;
    private AuditHead _head = AuditHead.None("");
    private long _lost;
    private bool _failed;
    private int _disposed;

    /// <param name="store">Where records are kept.</param>
    /// <param name="waiting">Decisions that may wait to be written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Told of trouble, and of heads.</param>
    public AuditTrail(IAuditStore store, int waiting, TimeProvider time, IAuditObserver observer)
    {
        (_store, _time, _observer) = (store, time, observer);
        _json = new Utf8JsonWriter(_text, AuditRecord.WriterOptions);
        _waiting = Channel.CreateBounded<AuditEntry>(new BoundedChannelOptions(waiting) { SingleReader = true });
    }

    /// <summary>The last record that was written.</summary>
    public AuditHead Head => Volatile.Read(ref _head);

    /// <summary>Opens the store, says so in it, and begins to write.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _head = await _store.OpenAsync(cancellationToken);
        TryRecord(new AuditEntry(AuditAction.Opened, _time.GetUtcNow()));
        _writing = Task.Run(RunAsync, CancellationToken.None);
        _observer.Opened(_head);
    }

    /// <returns>False: as many wait as may. The decision must then not be to let somebody in, or <see cref="Lose"/> says that it stays without a record.</returns>
    public bool TryRecord(AuditEntry entry) => _waiting.Writer.TryWrite(entry);

    /// <summary>Counts a decision of which there is no record; how many there were is recorded when that works again.</summary>
    public void Lose() => Interlocked.Increment(ref _lost);

    /// <summary>Writes what waits, for a moment at most, and closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _waiting.Writer.TryComplete();
        await using (_time.CreateTimer(static givingUp => ((CancellationTokenSource)givingUp!).Cancel(), _givingUp, ClosingTime, Timeout.InfiniteTimeSpan))
        {
            await _writing;
        }

        _givingUp.Dispose();
        await _json.DisposeAsync();
        await _store.DisposeAsync();
        if (_head.Sequence > 0)
        {
            _observer.Closed(_head);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _waiting.Reader.WaitToReadAsync(_givingUp.Token))
            {
                // Behind the requests that are about to run: what they decide goes into the same batch. Alone it costs nobody anything.
                await Task.Yield();
                await WriteWaitingAsync(_givingUp.Token);
                await RemoveExcessAsync(_givingUp.Token);
            }

            await WriteWaitingAsync(_givingUp.Token);
        }
        catch (OperationCanceledException) when (_givingUp.IsCancellationRequested)
        {
            // The process ends and the store does not answer: what waits has no record.
        }
#pragma warning disable CA1031 // Nobody waits for this task before the end: the observer is how it is heard of. No more is taken then.
        catch (Exception defect)
#pragma warning restore CA1031
        {
            _waiting.Writer.TryComplete();
            _observer.Defect(defect);
        }
    }

    private async ValueTask WriteWaitingAsync(CancellationToken cancellationToken)
    {
        _entries.Clear();
        while (_entries.Count < LargestBatch && _waiting.Reader.TryRead(out var entry))
        {
            _entries.Add(entry);
        }

        if (Interlocked.Exchange(ref _lost, 0) is var lost and > 0)
        {
            _entries.Add(new AuditEntry(AuditAction.Lost, _time.GetUtcNow()) { Count = lost });
        }

        if (_entries.Count > 0)
        {
            await AppendAsync(_entries, cancellationToken);
        }
    }

    private async ValueTask RemoveExcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _store.FindExcessAsync(cancellationToken) is { } upTo)
            {
                // First the record, then the deed.
                await AppendAsync([new AuditEntry(AuditAction.Removed, _time.GetUtcNow()) { UpTo = upTo }], cancellationToken);
                await _store.RemoveAsync(upTo, cancellationToken);
            }
        }
        catch (StorageUnavailableException e)
        {
            // There is another batch.
            Failed(e);
        }
    }

    private async ValueTask AppendAsync(List<AuditEntry> entries, CancellationToken cancellationToken)
    {
        var (batch, head) = Link(entries);
        for (var delay = FirstDelay; ; delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay)
        {
            try
            {
                if (await _store.AppendAsync(batch, cancellationToken))
                {
                    break;
                }

                _head = await _store.OpenAsync(cancellationToken);
                (batch, head) = Link(entries);
                continue;
            }
            catch (StorageUnavailableException e)
            {
                Failed(e);
            }

            await Task.Delay(delay, _time, cancellationToken);
        }

        Volatile.Write(ref _head, head);
        if (_failed)
        {
            _failed = false;
            _observer.Recovered();
        }
    }

    private (AuditBatch Batch, AuditHead Head) Link(List<AuditEntry> entries)
    {
        var sequence = _head.Sequence;
        Span<byte> hash = stackalloc byte[AuditHead.NoHash.Length];
        Encoding.ASCII.GetBytes(_head.Hash, hash);
        _text.ResetWrittenCount();
        _ends.Clear();
        foreach (var entry in entries)
        {
            AuditRecord.Write(entry, _head.Chain, ++sequence, hash, _text, _json);
            _ends.Add(_text.WrittenCount);
        }

        // Behind the last: the bytes have moved while there were more and more.
        var lines = new ReadOnlyMemory<byte>[entries.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = _text.WrittenMemory[(i == 0 ? 0 : _ends[i - 1]).._ends[i]];
        }

        return (new AuditBatch(_head.Sequence + 1, entries[^1].At, lines), new AuditHead(_head.Chain, sequence, Encoding.ASCII.GetString(hash)));
    }

    private void Failed(StorageUnavailableException e)
    {
        if (!_failed)
        {
            _failed = true;
            _observer.Failed(e);
        }
    }
}
