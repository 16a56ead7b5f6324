using System.Collections.Concurrent;
using Sluice.Core.Limits;
using Sluice.Core.Storage;

namespace Sluice.Core.Tests.Limits;

/// <summary>What processes share, in memory. Can be away.</summary>
internal sealed class SharedQuotas(TimeProvider time) : IQuotaLeases
{
    private readonly ConcurrentDictionary<Guid, Level> _levels = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource _givenBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;

    public int Asked => Volatile.Read(ref _asked);

    public bool AreShared { get; init; } = true;

    public bool IsAway { get; set; }

    /// <summary>Holds back every answer until it is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>The next time that something is given back; fails after ten seconds.</summary>
    public Task GivenBackAsync()
    {
        lock (_gate)
        {
            return _givenBack.Task.WaitAsync(TimeSpan.FromSeconds(10));
        }
    }

    public double Taken => _levels.Values.Sum(level => level.Taken);

    public async ValueTask<Lease> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        await Gate.WaitAsync(cancellationToken);
        if (IsAway)
        {
            throw new StorageUnavailableException(StorageFault.Unreachable, "It is away.");
        }

        lock (_gate)
        {
            var quota = request.Quota;
            var key = request.Who.NumberIn(quota.Name);
            var now = time.GetUtcNow();
            var level = _levels.GetValueOrDefault(key, Level.Untouched).Charge(quota, -request.Returned, now);
            var left = level.LeftAt(quota, now);
            var granted = left >= Math.Max(request.Least, 1) ? Math.Min(request.Wanted, left) : 0;
            TimeSpan? wait = null;
            if (granted == 0 && request.Wanted > 0)
            {
                level.TryTake(quota, request.Least, now, out _, out wait);
            }

            _levels[key] = level.Charge(quota, granted, now);
            if (request.Returned > 0)
            {
                _givenBack.SetResult();
                _givenBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return new Lease(granted, left - granted, wait, quota.Kind == QuotaKind.Budget ? Level.WaitFor(quota, 0, now) : null);
        }
    }

    public ValueTask ForgetAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
