using System.Collections.Concurrent;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Core.Hosts;

/// <summary>
/// Sessions on their way between memory and store: each is loaded once for all that ask at the same time, and none while it is being forgotten there.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="enter">Puts a session in memory, new when it was not stored, or returns the one that is there already; null when there is no room.</param>
internal sealed class SessionLoading(ISessionStore store, Func<SessionKey, StoredSession?, Session?> enter)
{
    private readonly Dictionary<SessionKey, Task<Session?>> _loading = [];
    private readonly ConcurrentDictionary<SessionKey, Task> _forgetting = new();

    public bool IsForgetting(SessionKey key) => _forgetting.ContainsKey(key);

    public async ValueTask<Session?> LoadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        await WaitUntilForgottenAsync(key, cancellationToken);
        Task<Session?>? loading;
        lock (_loading)
        {
            if (!_loading.TryGetValue(key, out loading))
            {
                loading = LoadNowAsync(key);
                if (!loading.IsCompleted)
                {
                    _loading.Add(key, loading);
                }
            }
        }

        return await loading.WaitAsync(cancellationToken);
    }

    /// <summary>Forgets the session in memory and in the store. False: it was in neither, or is being forgotten by another.</summary>
    /// <param name="key">Which.</param>
    /// <param name="leave">Takes it out of memory, calling back once no turn can be accepted in it any more; false when it is not there.</param>
    /// <param name="cancellationToken">Gives up waiting for another; what has been begun is finished.</param>
    public async ValueTask<bool> ForgetAsync(SessionKey key, Func<SessionKey, Action, bool> leave, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_forgetting.TryAdd(key, done.Task))
        {
            await WaitUntilForgottenAsync(key, cancellationToken);
            return false;
        }

        try
        {
            await LoadedAsync(key);
            Task<bool>? forgotten = null;
            var wasHere = leave(key, () => forgotten = store.ForgetAsync(key, CancellationToken.None).AsTask());
            forgotten ??= store.ForgetAsync(key, CancellationToken.None).AsTask();
            return await forgotten || wasHere;
        }
        finally
        {
            _forgetting.TryRemove(key, out _);
            done.SetResult();
        }
    }

    public async ValueTask WaitUntilForgottenAsync(SessionKey key, CancellationToken cancellationToken)
    {
        if (_forgetting.TryGetValue(key, out var forgetting))
        {
            await forgetting.WaitAsync(cancellationToken);
        }
    }

    private async Task<Session?> LoadNowAsync(SessionKey key)
    {
        try
        {
            return enter(key, await store.FindSessionAsync(key, turns: 0, CancellationToken.None));
        }
        finally
        {
            lock (_loading)
            {
                _loading.Remove(key);
            }
        }
    }

    private Task LoadedAsync(SessionKey key)
    {
        lock (_loading)
        {
            return _loading.GetValueOrDefault(key) ?? Task.CompletedTask;
        }
    }
}
