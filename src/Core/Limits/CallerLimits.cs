using Sluice.Core.Callers;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;

namespace Sluice.Core.Limits;

/// <summary>How much callers may have, and what they have had. Thread-safe; one for all that a process serves.</summary>
public sealed class CallerLimits : IAsyncDisposable
{
    private readonly LimitSettings _settings;
    private readonly TimeProvider _time;
    private readonly Slices? _slices;
    private readonly Buckets? _address;
    private readonly (Buckets Buckets, Func<Caller, Partition> Who)[] _requests;
    private readonly (Buckets Buckets, Func<Caller, Partition> Who)[] _turns;
    private readonly (Buckets Buckets, Func<Caller, Partition> Who)[] _all;

    /// <param name="settings">What is allowed.</param>
    /// <param name="pulse">The clock.</param>
    /// <param name="leases">Where this process shares it with others, or keeps what is to outlast it; null: it does neither.</param>
    /// <param name="defect">Told of what fails in the background by a defect.</param>
    public CallerLimits(LimitSettings settings, Pulse pulse, IQuotaLeases? leases, Action<Exception> defect)
    {
        (_settings, _time) = (settings, pulse.Time);
        _slices = leases is null ? null : new Slices(leases, settings.WhenUnavailable, pulse, defect);
        var quotas = new QuotaSet(settings, pulse.Time, _slices);

        // Whoever wants to can come from many addresses, without a credential: the store is not to hear of it.
        _address = quotas.PerMinute("requests-address", settings.AddressRequestsPerMinute, "requests", isShared: false);
        _requests = Those(
            (quotas.PerMinute("requests-key", settings.KeyRequestsPerMinute, "requests"), Partition.OfKey),
            (quotas.PerMinute("requests-user", settings.UserRequestsPerMinute, "requests"), Partition.OfUser));
        _turns = Those(
            (quotas.Concurrent("turns-key", settings.KeyTurns), Partition.OfKey),
            (quotas.Concurrent("turns-user", settings.UserTurns), Partition.OfUser),
            (quotas.PerMinute("tokens-key", settings.KeyTokensPerMinute, "tokens"), Partition.OfKey),
            (quotas.PerMinute("tokens-user", settings.UserTokensPerMinute, "tokens"), Partition.OfUser),
            (quotas.Budget("budget-tenant", settings.TenantTokens, settings.BudgetPeriod), Partition.OfTenant));
        _all = [.. _requests, .. _turns];
        SessionBudget = settings.SessionTokens is { } most ? new Quota("budget-session", QuotaKind.Budget, most, Timeout.InfiniteTimeSpan, "tokens") : null;
    }

    /// <summary>What a session may have in all; null: that is not limited.</summary>
    public Quota? SessionBudget { get; }

    /// <summary>Turns are limited, and not only requests.</summary>
    internal bool LimitsTurns => _turns.Length > 0 || SessionBudget is not null;

    /// <summary>What is limited, each once, in the order in which it is asked.</summary>
    public IEnumerable<Quota> Quotas => _all.Select(one => one.Buckets.Quota);

    /// <summary>Counts a request from a client address, whoever it is. Null: it may go on.</summary>
    public async ValueTask<Shortage?> EnterAsync(string address, CancellationToken cancellationToken) =>
        _address is not null && await TakeAsync(_address, Partition.OfAddress(address), cancellationToken) is { } shortage ? Counted(shortage) : null;

    /// <summary>Counts a request of a caller. Null: it may go on.</summary>
    public async ValueTask<Shortage?> EnterAsync(Caller caller, CancellationToken cancellationToken)
    {
        foreach (var (buckets, who) in _requests)
        {
            if (await TakeAsync(buckets, who(caller), cancellationToken) is { } shortage)
            {
                return Counted(shortage);
            }
        }

        return null;
    }

    /// <summary>How a caller stands now, in the order of <see cref="Quotas"/>.</summary>
    public IEnumerable<Standing> StandingsOf(Caller caller)
    {
        foreach (var (buckets, who) in _all)
        {
            yield return buckets.Stand(who(caller));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_slices is not null)
        {
            await _slices.DisposeAsync();
        }
    }

    /// <summary>What a session has had so far, to be kept with it.</summary>
    internal LocalBucket? NewSessionBudget(StoredSession? stored) => SessionBudget is null
        ? null
        : new LocalBucket(SessionBudget, _time, stored?.Turns.Sum(turn => turn.End?.Usage?.Total ?? 0) ?? 0);

    /// <summary>Reserves what a turn is expected to take. To be given back by the turn's end, or when there is to be no turn.</summary>
    internal async ValueTask<TurnAllowance> ReserveAsync(TurnRequest request, IBucket? session, CancellationToken cancellationToken)
    {
        var input = TokenEstimate.Of(request.Input);
        var allowance = new TurnAllowance(_time, input, input + _settings.AnswerTokens, _turns.Length + 1);
        try
        {
            foreach (var (buckets, who) in _turns)
            {
                if (Takes(request, buckets.Quota) && await allowance.TakeAsync(buckets.Rent(who(request.Caller)), cancellationToken) is { } shortage)
                {
                    allowance.Deny(Counted(shortage));
                    return allowance;
                }
            }

            if (session is not null && Takes(request, session.Quota) && await allowance.TakeAsync(Buckets.Pinned(session), cancellationToken) is { } isSpent)
            {
                allowance.Deny(Counted(isSpent));
            }

            return allowance;
        }
        catch
        {
            allowance.Settle(0);
            throw;
        }
    }

    /// <summary>The same for a turn that another process had accepted: it goes on, whatever is left.</summary>
    internal TurnAllowance TakeOver(TurnRequest request, IBucket? session)
    {
        var input = TokenEstimate.Of(request.Input);
        var allowance = new TurnAllowance(_time, input, input + _settings.AnswerTokens, _turns.Length + 1);
        foreach (var (buckets, who) in _turns.Where(one => Takes(request, one.Buckets.Quota)))
        {
            allowance.Charge(buckets.Rent(who(request.Caller)));
        }

        if (session is not null && Takes(request, session.Quota))
        {
            allowance.Charge(Buckets.Pinned(session));
        }

        return allowance;
    }

    private static (Buckets, Func<Caller, Partition>)[] Those(params ReadOnlySpan<(Buckets? Buckets, Func<Caller, Partition> Who)> all)
    {
        var set = new List<(Buckets, Func<Caller, Partition>)>();
        foreach (var (buckets, who) in all)
        {
            if (buckets is not null)
            {
                set.Add((buckets, who));
            }
        }

        return [.. set];
    }

    // The engine is not asked for one that has said so: it has no tokens to take.
    private static bool Takes(TurnRequest request, Quota quota) => !request.CacheControl.OnlyIfCached || quota.Kind == QuotaKind.Concurrent;

    private static Shortage Counted(Shortage shortage)
    {
        Telemetry.Limited(shortage.Quota, shortage.IsUnknown ? "unavailable" : "spent");
        return shortage;
    }

    private static async ValueTask<Shortage?> TakeAsync(Buckets buckets, Partition who, CancellationToken cancellationToken)
    {
        var bucket = buckets.Rent(who);
        try
        {
            return await bucket.TakeAsync(1, cancellationToken);
        }
        finally
        {
            Buckets.Return(bucket);
        }
    }
}
