using Sluice.Core.Engines;
using Sluice.Core.Sessions;

namespace Sluice.Core.Limits;

/// <summary>What a turn may take of its caller's quotas: reserved before it begins, held to while it runs, settled once when it ends. Thread-safe.</summary>
/// <param name="time">The clock.</param>
/// <param name="input">Tokens of what is said to the engine, estimated.</param>
/// <param name="reserved">Tokens of the whole turn, estimated.</param>
/// <param name="quotas">How many there are at most.</param>
internal sealed class TurnAllowance(TimeProvider time, long input, long reserved, int quotas)
{
    /// <summary>More is taken by so much at a time: not for each word that comes.</summary>
    private const long Step = 256;

    private readonly Lock _gate = new();
    private readonly List<Hold> _holds = new(quotas);
    private long _streamedBytes;
    private long _reported;
    private bool _isSettled;

    /// <summary>Why there is to be no turn; nothing is held then.</summary>
    public Shortage? Shortage { get; private set; }

    /// <summary>Why a session refuses it.</summary>
    public Refusal Refusal => Shortage switch
    {
        null => Refusal.None,
        { IsUnknown: true } => Refusal.LimitsUnavailable,
        { Quota.Kind: QuotaKind.Rate } => Refusal.RateLimited,
        { Quota.Kind: QuotaKind.Concurrent } => Refusal.TooManyTurns,
        _ => Refusal.BudgetExhausted,
    };

    /// <summary>The quota that did not have what the turn still needed. Null: it had.</summary>
    public Quota? Exhausted { get; private set; }

    /// <summary>Model tokens as far as anyone has counted or can estimate them.</summary>
    public TokenUsage Estimate
    {
        get
        {
            lock (_gate)
            {
                return new TokenUsage(input, TokenEstimate.Of(_streamedBytes)) { IsEstimated = true };
            }
        }
    }

    public bool CountsTokens
    {
        get
        {
            lock (_gate)
            {
                return _holds.Exists(static hold => hold.Bucket.Quota.Kind != QuotaKind.Concurrent);
            }
        }
    }

    /// <param name="bucket">Pinned. It is let go of when the allowance is settled.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<Shortage?> TakeAsync(IBucket bucket, CancellationToken cancellationToken)
    {
        var amount = AmountOf(bucket.Quota);
        Shortage? shortage;
        try
        {
            shortage = await bucket.TakeAsync(amount, cancellationToken);
        }
        catch
        {
            Buckets.Return(bucket);
            throw;
        }

        if (shortage is not null)
        {
            Buckets.Return(bucket);
            return shortage;
        }

        Add(new Hold(bucket, amount, time.GetUtcNow()));
        return null;
    }

    /// <summary>Takes it whether it is there or not.</summary>
    /// <param name="bucket">Pinned. It is let go of when the allowance is settled.</param>
    public void Charge(IBucket bucket)
    {
        var amount = AmountOf(bucket.Quota);
        bucket.Charge(amount);
        Add(new Hold(bucket, amount, time.GetUtcNow()));
    }

    public void Deny(Shortage shortage)
    {
        Settle(0);
        Shortage = shortage;
    }

    /// <summary>The engine has said something. False: there is nothing left for it to go on.</summary>
    /// <param name="textBytes">Bytes of text in what it said.</param>
    public bool Streamed(int textBytes)
    {
        lock (_gate)
        {
            _streamedBytes += textBytes;
            return Covers();
        }
    }

    /// <summary>The engine has told what the turn has taken so far. False: there is nothing left for it to go on.</summary>
    public bool Reported(TokenUsage usage)
    {
        lock (_gate)
        {
            _reported = Math.Max(_reported, usage.Total);
            return Covers();
        }
    }

    /// <summary>The turn is over, or never came to be, and has taken so much. Only the first time counts.</summary>
    public void Settle(long tokens)
    {
        lock (_gate)
        {
            if (_isSettled)
            {
                return;
            }

            _isSettled = true;
            foreach (var (bucket, amount, takenAt) in _holds)
            {
                var unused = bucket.Quota.Kind == QuotaKind.Concurrent ? amount : amount - tokens;
                if (unused > 0)
                {
                    bucket.Give(unused, takenAt);
                }
                else if (unused < 0)
                {
                    bucket.Charge(-unused);
                }

                Buckets.Return(bucket);
            }
        }
    }

    // Under the lock.
    private bool Covers()
    {
        var needed = Math.Max(_reported, input + TokenEstimate.Of(_streamedBytes));
        for (var at = 0; at < _holds.Count && !_isSettled && Exhausted is null; at++)
        {
            var hold = _holds[at];
            var missing = needed - hold.Amount;
            if (missing > 0 && hold.Bucket.Quota.Kind != QuotaKind.Concurrent)
            {
                TakeMore(at, hold, missing);
            }
        }

        return Exhausted is null;
    }

    private void TakeMore(int at, Hold hold, long missing)
    {
        var more = Math.Max(missing, Step);
        if (hold.Bucket.Quota.Kind == QuotaKind.Rate)
        {
            // A turn is not stopped for being faster than others: those after it wait for what it took.
            hold.Bucket.Charge(more);
        }
        else if (!hold.Bucket.TryTakeMore(more))
        {
            more = missing;
            if (!hold.Bucket.TryTakeMore(more))
            {
                Exhausted = hold.Bucket.Quota;
                return;
            }
        }

        _holds[at] = hold with { Amount = hold.Amount + more };
    }

    private void Add(Hold hold)
    {
        lock (_gate)
        {
            _holds.Add(hold);
        }
    }

    private long AmountOf(Quota quota) => quota.Kind switch
    {
        QuotaKind.Concurrent => 1,

        // One that takes more than the quota has in a minute has to begin some time: it then waits for all of it.
        QuotaKind.Rate => Math.Min(reserved, quota.Limit),
        _ => reserved,
    };

    private readonly record struct Hold(IBucket Bucket, long Amount, DateTimeOffset TakenAt);
}
