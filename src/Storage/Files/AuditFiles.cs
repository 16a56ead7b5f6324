using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using Sluice.Core.Audit;
using Sluice.Core.Storage;

namespace Sluice.Storage.Files;

/// <summary>
/// A chain of records as files in a directory, <c>chain-00000001.jsonl</c> and so on, a record a line. A file that is large enough is followed by another, on which the chain goes
/// on; the oldest go. One process at a time writes a chain, which <c>chain.lock</c> sees to; others may read.
/// </summary>
/// <param name="directory">Made if need be; its parent has to be there.</param>
/// <param name="chain">1 to 64 of a-z.</param>
/// <param name="bytes">Of all files of the chain together, about: one write more.</param>
public sealed class AuditFiles(string directory, string chain, long bytes) : IAuditStore, IAuditSource
{
    private const int Files = 16;
    private const string Extension = ".jsonl";
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenSyncs = TimeSpan.FromSeconds(1);

    private readonly ArrayBufferWriter<byte> _text = new();

    // A file of its own: what is shared for reading cannot be locked against a second writer everywhere.
    private FileStream? _lock;
    private FileStream? _file;
    private long _length;
    private long _last;
    private long _syncedAt;

    /// <inheritdoc/>
    public async ValueTask<AuditHead> OpenAsync(CancellationToken cancellationToken)
    {
        await OnFilesAsync(() =>
        {
            if (!Directory.Exists(directory))
            {
                CreatePrivate(directory);
            }

            return true;
        });
        _lock ??= await HoldAsync(cancellationToken);
        return await OnFilesAsync(() =>
        {
            var newest = FilesOf(chain).LastOrDefault() ?? Path.Combine(directory, NameOf(1));
            _file?.Dispose();
            _file = Open(newest, FileShare.Read);
            var head = HeadOf(newest);

            // A machine that failed in the middle of a line has told nobody of that record.
            _file.SetLength(_length);
            _file.Position = _length;
            return head;
        });
    }

    /// <inheritdoc/>
    public ValueTask<bool> AppendAsync(AuditBatch batch, CancellationToken cancellationToken) => OnFilesAsync(() =>
    {
        if (batch.First <= _last)
        {
            return true;
        }

        if (_length >= bytes / Files)
        {
            var next = NumberOf(_file!.Name) + 1;
            _file.Flush(flushToDisk: true);
            _file.Dispose();
            _file = Open(Path.Combine(directory, NameOf(next)), FileShare.Read);
            _length = 0;
        }

        _text.ResetWrittenCount();
        foreach (var line in batch.Lines)
        {
            _text.Write(line.Span);
            _text.Write("\n"u8);
        }

        // Over what a write that failed may have left.
        _file!.SetLength(_length);
        _file.Position = _length;
        _file.Write(_text.WrittenSpan);
        SyncNowAndThen();
        _length += _text.WrittenCount;
        _last = batch.First + batch.Lines.Count - 1;
        return true;
    });

    /// <inheritdoc/>
    public ValueTask<AuditHead?> FindExcessAsync(CancellationToken cancellationToken) => OnFilesAsync(() =>
    {
        var files = FilesOf(chain);
        return files.Count > 1 && files.Sum(file => new FileInfo(file).Length) > bytes && AuditRecord.Read(LastLineOf(files[0])) is { } last ? last.Head : null;
    });

    /// <inheritdoc/>
    public ValueTask RemoveAsync(AuditHead upTo, CancellationToken cancellationToken) => new(OnFilesAsync(() =>
    {
        if (FilesOf(chain) is [var oldest, _, ..] && AuditRecord.Read(LastLineOf(oldest))?.Head == upTo)
        {
            File.Delete(oldest);
        }

        return true;
    }).AsTask());

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredRecord> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var chains = Directory.Exists(directory) ? Directory.EnumerateFiles(directory, $"*{Extension}").Select(ChainOf).Distinct().Order(StringComparer.Ordinal).ToList() : [];
        foreach (var file in chains.SelectMany(FilesOf))
        {
            var number = 0;
            await foreach (var line in LinesAsync(file, cancellationToken))
            {
                number++;
                yield return new StoredRecord(ChainOf(file), string.Create(CultureInfo.InvariantCulture, $"{file}, line {number}"), line);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        if (_file is { } file)
        {
            _file = null;
            file.Flush(flushToDisk: true);
            file.Dispose();
        }

        _lock?.Dispose();
        _lock = null;
        return ValueTask.CompletedTask;
    }

    private static FileStream Open(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    // The directory around it has the same rights.
    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static string ChainOf(string file) => Path.GetFileNameWithoutExtension(file) is var name && name.LastIndexOf('-') is > 0 and var at ? name[..at] : name;

    private static long NumberOf(string file) =>
        long.TryParse(Path.GetFileNameWithoutExtension(file)[(ChainOf(file).Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // Whole lines; what stands behind the last line's end is being written, or was when a machine failed.
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> LinesAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[64 * 1024];
        var held = 0;
        while (true)
        {
            int read;
            try
            {
                read = await file.ReadAsync(buffer.AsMemory(held), cancellationToken);
            }
            catch (IOException e)
            {
                throw Unusable(e);
            }

            if (read == 0)
            {
                break;
            }

            held += read;
            var from = 0;
            while (buffer.AsSpan(from, held - from).IndexOf((byte)'\n') is >= 0 and var length)
            {
                yield return buffer.AsMemory(from, length);
                from += length + 1;
            }

            buffer.AsSpan(from, held - from).CopyTo(buffer);
            held -= from;
            if (held > AuditRecord.LongestLine)
            {
                // No record is as long.
                yield return buffer.AsMemory(0, held);
                break;
            }
        }
    }

    private static StorageUnavailableException Unusable(Exception e) =>
        new(StorageFault.Unreachable, $"The audit trail cannot be used: {e.Message}", e);

    // Commands hold it for a moment, one after the other.
    private async ValueTask<FileStream> HoldAsync(CancellationToken cancellationToken)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return Open(Path.Combine(directory, $"{chain}.lock"), FileShare.None);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                if (e is UnauthorizedAccessException || TimeProvider.System.GetElapsedTime(started) > LockPatience)
                {
                    throw Unusable(e);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
        }
    }

    private string NameOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{chain}-{number:00000000}{Extension}");

    private List<string> FilesOf(string name) => Directory.Exists(directory)
        ? [.. Directory.EnumerateFiles(directory, $"{name}-*{Extension}").Where(file => ChainOf(file) == name).Order(StringComparer.Ordinal)]
        : [];

    private AuditHead HeadOf(string newest)
    {
        var line = LastLineOf(newest);
        if (line.Length == 0 && FilesOf(chain) is [.., var before, _])
        {
            line = LastLineOf(before);
        }

        if (line.Length == 0)
        {
            return AuditHead.None(chain);
        }

        var head = AuditRecord.Read(line)?.Head
            ?? throw new StorageUnavailableException(StorageFault.Corrupt, $"The audit trail cannot be gone on with: the last record in {newest} is not what was written. 'sluice audit verify' looks at all of it.");
        _last = head.Sequence;
        return head;
    }

    /// <summary>The last whole line of a file. Of the newest, notes where it ends.</summary>
    private byte[] LastLineOf(string path)
    {
        using var other = path == _file?.Name ? null : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var file = other ?? _file!;
        var tail = new byte[Math.Min(file.Length, AuditRecord.LongestLine * 2)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf((byte)'\n');
        if (file == _file)
        {
            _length = end < 0 ? 0 : file.Length - tail.Length + end + 1;
        }

        return end < 0 ? [] : tail[(tail.AsSpan(0, end).LastIndexOf((byte)'\n') + 1)..end];
    }

    private void SyncNowAndThen()
    {
        // Each batch is with the operating system, and outlives this process. The disk is not asked more often: what turns wait for is synced to it as well.
        if (_syncedAt == 0 || TimeProvider.System.GetElapsedTime(_syncedAt) >= BetweenSyncs)
        {
            _file!.Flush(flushToDisk: true);
            _syncedAt = TimeProvider.System.GetTimestamp();
        }
    }

    private static ValueTask<T> OnFilesAsync<T>(Func<T> work)
    {
        try
        {
            return new(work());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ValueTask.FromException<T>(Unusable(e));
        }
    }
}
