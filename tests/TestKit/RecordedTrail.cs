using System.Text;
using System.Text.Json;
using Sluice.Core.Audit;
using Sluice.Core.Storage;

namespace Sluice.TestKit;

/// <summary>An audit trail in memory, which a test may take away, and change as somebody would who has the disk.</summary>
public sealed class RecordedTrail : IAuditStore, IAuditSource, IAuditObserver
{
    private readonly Lock _gate = new();
    private readonly List<byte[]> _lines = [];
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isAway;

    public bool IsAway
    {
        get => _isAway;
        set => _isAway = value;
    }

    /// <summary>When there are more records than this, the older half has to go.</summary>
    public int Most { get; init; } = int.MaxValue;

    public int Failures { get; private set; }

    public int Recoveries { get; private set; }

    public IReadOnlyList<byte[]> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    public IReadOnlyList<JsonElement> Records => [.. Lines.Select(line => JsonElement.Parse(Encoding.UTF8.GetString(line)))];

    public void Change(Action<List<byte[]>> change)
    {
        lock (_gate)
        {
            change(_lines);
            _changed.SetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The first records that are so many; fails after ten seconds.</summary>
    public async Task<IReadOnlyList<JsonElement>> RecordsAsync(Func<IReadOnlyList<JsonElement>, bool> enough)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                changed = _changed.Task;
            }

            var records = Records;
            if (enough(records))
            {
                return records;
            }

            await changed.WaitAsync(limit.Token);
        }
    }

    public ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken) =>
        new(Lines is [.., var last] ? AuditRecord.Read(last)!.Head : AuditHead.None("test"));

    public ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            throw new StorageUnavailableException(StorageFault.Unreachable, "It is away.");
        }

        Change(lines => lines.AddRange(batch.Lines.Select(line => line.ToArray())));
        return new(true);
    }

    public ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken) =>
        new(Lines is var lines && lines.Count > Most ? AuditRecord.Read(lines[(lines.Count / 2) - 1])!.Head : null);

    public ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken)
    {
        Change(lines => lines.RemoveAll(line => AuditRecord.Read(line)!.Head.Sequence <= upTo.Sequence));
        return default;
    }

    public async IAsyncEnumerable<StoredRecord> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        var number = 0;
        foreach (var line in Lines)
        {
            yield return new StoredRecord("test", $"line {++number}", line);
        }
    }

    public void Opened(AuditHead head)
    {
    }

    public void Closed(AuditHead head)
    {
    }

    public void Failed(StorageUnavailableException failure)
    {
        Failures++;
        _failed.TrySetResult();
    }

    /// <summary>The first failure; fails after ten seconds.</summary>
    public Task FailedAsync() => _failed.Task.WaitAsync(TimeSpan.FromSeconds(10));

    public void Recovered() => Recoveries++;

    public void Defect(Exception defect) => throw new InvalidOperationException("A defect of the trail.", defect);

    public ValueTask DisposeAsync() => default;
}
