using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using Sluice.Core.Storage;

namespace Sluice.Storage.Sqlite;

/// <summary>
/// All writes, in order, by one thread of its own: syncing to disk blocks, and a thread of the pool that blocks is one that streams wait for. What came while one
/// transaction was committed goes into the next together, so that a sync serves many.
/// </summary>
internal sealed class Writer : IAsyncDisposable
{
    private const int LargestGroup = 512;

    /// <summary>
    /// When more came while a commit was made, more turns are under way than one client's: the next commit waits for this long, so that it serves several and the disk is not
    /// synced for each. A client that asks one thing after the other never waits.
    /// </summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(1);

    private readonly SqliteFile _file;
    private readonly IStorageObserver? _observer;
    private readonly BlockingCollection<Write> _waiting;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Statements? _statements;
    private bool _failed;

    /// <param name="file">The file, its schema in place.</param>
    /// <param name="waiting">Writes that may wait.</param>
    /// <param name="observer">Told of trouble.</param>
    public Writer(SqliteFile file, int waiting, IStorageObserver? observer)
    {
        _file = file;
        _observer = observer;
        _waiting = new BlockingCollection<Write>(waiting);
        new Thread(Run) { IsBackground = true, Name = "sluice store" }.Start();
    }

    /// <summary>Takes a write; it is made after all that were taken before.</summary>
    /// <exception cref="StorageUnavailableException">As much waits as may, or the store is closed.</exception>
    public Task<T> TakeAsync<T>(Func<Statements, T> apply)
    {
        var write = new Write<T>(apply);
        if (_waiting.IsAddingCompleted || !_waiting.TryAdd(write))
        {
            throw new StorageUnavailableException(StorageFault.Busy, "As much waits to be stored as may.");
        }

        return write.Done;
    }

    /// <summary>Makes the writes that wait, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.CompleteAdding();
        await _stopped.Task;
        _waiting.Dispose();
    }

    private void Run()
    {
        var group = new List<Write>(LargestGroup);
        foreach (var first in _waiting.GetConsumingEnumerable())
        {
            if (_waiting.Count > 0 && !_waiting.IsAddingCompleted)
            {
                Thread.Sleep(Breath);
            }

            group.Add(first);
            while (group.Count < LargestGroup && _waiting.TryTake(out var next))
            {
                group.Add(next);
            }

            Commit(group);
            group.Clear();
        }

        _statements?.Dispose();
        _stopped.SetResult();
    }

    private void Commit(List<Write> group)
    {
        if (TryCommit(group) is not { } failure)
        {
            return;
        }

        // One that is too large must not take the others with it; a file that cannot be used at all fails them all alike.
        var one = group.Count > 1 && failure is StorageUnavailableException { Fault: StorageFault.Full };
        foreach (var write in group)
        {
            if ((one ? TryCommit([write]) : failure) is { } why)
            {
                write.Fail(why);
            }
        }
    }

    private Exception? TryCommit(List<Write> group)
    {
        try
        {
            _statements ??= new Statements(_file.OpenForWriting());
            using (var transaction = _statements.Connection.BeginTransaction())
            {
                _statements.Transaction = transaction;
                foreach (var write in group)
                {
                    write.Apply(_statements);
                }

                transaction.Commit();
            }
        }
        catch (SqliteException e)
        {
            return Failed(SqliteFaults.Of(e));
        }
#pragma warning disable CA1031 // Whatever it is, those who wait for these writes are told it; the thread goes on for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Failed(e);
        }

        // Before those who wait hear of it: who has been told that a write is kept may rely on the trouble being over.
        if (_failed)
        {
            _failed = false;
            _observer?.Recovered();
        }

        foreach (var write in group)
        {
            write.Acknowledge();
        }

        return null;
    }

    // The connection may be in any state: the next write gets a new one.
    private Exception Failed(Exception why)
    {
        _statements?.Dispose();
        _statements = null;
        if (!_failed && why is StorageUnavailableException unavailable)
        {
            _failed = true;
            _observer?.Failed(unavailable);
        }

        return why;
    }
}
