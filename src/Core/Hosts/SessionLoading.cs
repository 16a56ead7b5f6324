using System.Collections.Concurrent;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Core.Hosts;

/// <summary>Where a session is.</summary>
internal enum Whereabouts : byte
{
    /// <summary>In this process's memory.</summary>
    Here,

    /// <summary>Held by another process.</summary>
    Elsewhere,

    /// <summary>It would be here, if there were room.</summary>
    NoRoom,
}

/// <summary>
/// Sessions on their way between memory and store: each is loaded, or taken over, once for all that ask at the same time, and none while it is being forgotten there.
/// </summary>
internal sealed class SessionLoading(ISessionStore store, LocalSessions local)
{
    /// <summary>How often a session may change hands while one process tries to have it.</summary>
    private const int MostTries = 20;

    /// <summary>The newest turns of a session that count against its budget, when it was not in memory.</summary>
    private const int MostTurnsCounted = 10_000;

    /// <summary>Damaged sessions that are told of.</summary>
    private const int MostDamagedTold = 100;

    /// <summary>By then every engine has let go of a turn that was cancelled.</summary>
    private static readonly TimeSpan LettingGo = TimeSpan.FromSeconds(1);

    private readonly Dictionary<SessionKey, Task<(Whereabouts, Session?)>> _loading = [];
    private readonly HashSet<SessionKey> _damaged = []; // Under the lock of those that are loading.
    private readonly ConcurrentDictionary<SessionKey, Task> _forgetting = new();

    public bool IsForgetting(SessionKey key) => _forgetting.ContainsKey(key);

    /// <summary>Brings the session here, if nobody else holds it. One with turns that a process left without an end is taken over, and they go on.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be read, or taken.</exception>
    public async ValueTask<(Whereabouts Where, Session? Session)> LoadAsync(SessionKey key, CancellationToken cancellationToken)
    {
        await WaitUntilForgottenAsync(key, cancellationToken);
        Task<(Whereabouts, Session?)>? loading;
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

    /// <summary>Makes a session that nobody can know. Should somebody all the same, its first turn is not accepted.</summary>
    public (Whereabouts Where, Session? Session) Begin(SessionKey key) => Here(local.Enter(key, () => new Session(key, local)));

    /// <summary>Forgets the session in memory and in the store. False: it was in neither, or is being forgotten by another.</summary>
    public async ValueTask<bool> ForgetAsync(SessionKey key, CancellationToken cancellationToken)
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
            var (wasHere, ended) = local.Forget(key, () => forgotten = store.ForgetAsync(key, CancellationToken.None).AsTask());
            forgotten ??= store.ForgetAsync(key, CancellationToken.None).AsTask();
            var wasStored = await forgotten;

            // Another session of its name is not to run beside what its engine is just letting go of.
            await Task.WhenAny(ended, Task.Delay(LettingGo, local.Pulse.Time, CancellationToken.None));
            return wasStored || wasHere;
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

    private async Task<(Whereabouts, Session?)> LoadNowAsync(SessionKey key)
    {
        StorageUnavailableException? damage = null;

        // What its turns took is kept with them.
        var turnsCounted = local.CallerLimits?.SessionBudget is null ? 0 : MostTurnsCounted;
        try
        {
            for (var tries = 0; tries < MostTries; tries++)
            {
                if (local.Find(key) is { } already)
                {
                    return (Whereabouts.Here, already);
                }

                var stored = await store.FindSessionAsync(key, turnsCounted, CancellationToken.None);
                if (stored is { Holder: SessionHolder.Another })
                {
                    return (Whereabouts.Elsewhere, null);
                }

                if (stored is null or { IsUnfinished: false })
                {
                    return Here(local.Enter(key, () => stored is null ? new Session(key, local) : new Session(key, local, stored)));
                }

                if (await store.TakeAsync(key, stored.Epoch, CancellationToken.None) is { } taken)
                {
                    return (Whereabouts.Here, local.Enter(key, new Session(key, local, taken with { Session = taken.Session with { Turns = stored.Turns } })));
                }
            }

            throw new StorageUnavailableException(StorageFault.Busy, "The session changes hands too often to be had.");
        }
        catch (StorageUnavailableException e) when (e.Fault == StorageFault.Corrupt)
        {
            damage = e;
            throw;
        }
        finally
        {
            if (Loaded(key, isDamaged: damage is not null))
            {
                local.Observer.Damaged(key, damage!);
            }
        }
    }

    // True: it is damaged, and that has not been told.
    private bool Loaded(SessionKey key, bool isDamaged)
    {
        lock (_loading)
        {
            _loading.Remove(key);
            if (isDamaged)
            {
                return _damaged.Count < MostDamagedTold && _damaged.Add(key);
            }

            _damaged.Remove(key);
            return false;
        }
    }

    private static (Whereabouts Where, Session? Session) Here(Session? entered) => (entered is null ? Whereabouts.NoRoom : Whereabouts.Here, entered);

    private Task LoadedAsync(SessionKey key)
    {
        lock (_loading)
        {
            return _loading.GetValueOrDefault(key) ?? Task.CompletedTask;
        }
    }
}
