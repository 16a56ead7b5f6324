using System.Collections.Concurrent;
using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Caching;

/// <summary>
/// An engine that need not be asked twice: a question whose answer is kept is given that, one that is being asked waits for its answer, and what a call brings is kept. A
/// turn that is answered without the engine is a turn like any other.
/// </summary>
/// <remarks>
/// An engine that keeps sessions does not know afterwards what was answered without it. There, only turns are answered so that are declared to stand alone; elsewhere the first
/// turns of sessions are as well.
/// </remarks>
internal sealed class CachedEngine : IEngine, IAsyncDisposable
{
    /// <summary>Answers that are asked for anew behind the backs of those who got the old ones. Above it they stay old for a while longer.</summary>
    private const int RevalidationsAtOnce = 16;

    /// <summary>Also said where nothing is kept.</summary>
    public static EngineFault NotCached { get; } = new(FaultKind.NotCached, "No answer to this is kept, and the engine was not to be asked.");

    private readonly string _name;
    private readonly IEngine _engine;
    private readonly Func<string, string?> _revisionIn;
    private readonly AnswerCache _cache;
    private readonly CachePolicy _policy;
    private readonly bool _standsIn;
    private readonly ConcurrentDictionary<QuestionKey, SharedCall> _calls = new();
    private int _revalidations;
    private volatile bool _keepsSessions;

    /// <param name="named">The engine.</param>
    /// <param name="guarded">The same with what stands in for it.</param>
    /// <param name="cache">Where answers are kept.</param>
    /// <param name="standsIn">Answers stand in for it when it cannot be asked, and are kept for that as well.</param>
    public CachedEngine(NamedEngine named, IEngine guarded, AnswerCache cache, bool standsIn)
    {
        (_name, _engine, _revisionIn, _cache, _policy, _standsIn) = (named.Name, guarded, named.Engine.RevisionIn, cache, cache.Policy, standsIn);
    }

    private bool Gives => _policy.Ttl > TimeSpan.Zero;

    /// <inheritdoc/>
    public async ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        var request = turn.Request;
        var isAllowed = Gives && (request.IsStateless || (turn.IsFirst && !_keepsSessions));
        var question = (isAllowed || _standsIn) && Questions.Asks(request) ? Questions.KeyOf(_name, turn, _policy.PerUser) : null;
        if (question is not { } key)
        {
            return request.CacheControl.OnlyIfCached ? Refuse() : Told(await _engine.RunAsync(turn, cancellationToken), CacheOutcome.Bypass);
        }

        if (!isAllowed)
        {
            return request.CacheControl switch
            {
                { OnlyIfCached: true } => Refuse(),
                { NoStore: true } => Told(await _engine.RunAsync(turn, cancellationToken), CacheOutcome.Bypass),
                _ => Told(await LeadAsync(key, turn, isShared: false, cancellationToken), CacheOutcome.Bypass),
            };
        }

        var kept = FindFor(key, request, out var age);
        switch (CacheRules.Decide(request.CacheControl, kept is null ? null : age, _policy))
        {
            case CacheDecision.Answer:
                return Give(kept!, age, turn);
            case CacheDecision.AnswerAndRevalidate:
                Revalidate(key, turn);
                return Give(kept!, age, turn);
            case CacheDecision.Ask:
                return await AskAsync(key, turn, cancellationToken);
            case CacheDecision.AskAnew:
                return Told(await LeadAsync(key, turn, isShared: true, cancellationToken), CacheOutcome.Bypass);
            case CacheDecision.AskAlone:
                return Told(await _engine.RunAsync(turn, cancellationToken), CacheOutcome.Bypass);
            default:
                return Refuse();
        }
    }

    /// <inheritdoc/>
    public ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken) =>
        // The engine was never asked for it, and still is not to be.
        turn.Request.CacheControl.OnlyIfCached ? RunAsync(turn, cancellationToken) : _engine.ResumeAsync(turn, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var call in _calls.Values)
        {
            await call.GiveUpAsync();
        }
    }

    private KeptAnswer? FindFor(QuestionKey key, TurnRequest request, out TimeSpan age) =>
        _cache.Find(key, out age) is { } kept
            && (_policy.ToolUse || !kept.UsedTools)
            && (request.IsStateless || !kept.IsInSession)
            && IsOfThisRevision(kept)
            ? kept
            : null;

    // One that is not known contradicts nothing.
    private bool IsOfThisRevision(KeptAnswer kept) =>
        kept.Revision is not { } then || _revisionIn(kept.ServedBy!.Region) is not { } now || string.Equals(then, now, StringComparison.Ordinal);

    private EngineOutcome Give(KeptAnswer kept, TimeSpan age, IEngineTurn turn)
    {
        kept.CopyTo(turn);
        return Told(kept.ToOutcome(_name, age), age <= _policy.Ttl ? CacheOutcome.Hit : CacheOutcome.Stale);
    }

    private async ValueTask<EngineOutcome> AskAsync(QuestionKey key, IEngineTurn turn, CancellationToken cancellationToken)
    {
        var seat = _calls.TryGetValue(key, out var call) ? call.TryJoin(turn, turn.Request.IsStateless) : null;
        if (seat is null)
        {
            // One that is just over was there a moment ago, and its answer is kept before it goes.
            if (FindFor(key, turn.Request, out var age) is { } kept && CacheRules.Decide(turn.Request.CacheControl, age, _policy) == CacheDecision.Answer)
            {
                return Give(kept, age, turn);
            }

            var own = new SharedCall(_name, turn, NewRecording());
            call = _calls.GetOrAdd(key, own);
            if (ReferenceEquals(call, own))
            {
                return Told(await LeadAsync(key, own, cancellationToken), CacheOutcome.Miss);
            }

            seat = call.TryJoin(turn, turn.Request.IsStateless);
        }

        // Once: what failed one who was asked along is not waited for again.
        return seat is not null && await call!.WaitAsync(seat, cancellationToken) is { } joined
            ? Told(joined, CacheOutcome.Joined)
            : Told(await LeadAsync(key, turn, isShared: true, cancellationToken), CacheOutcome.Miss);
    }

    // Asks the engine for a turn, and lets those have the answer who may.
    private ValueTask<EngineOutcome> LeadAsync(QuestionKey key, IEngineTurn turn, bool isShared, CancellationToken cancellationToken)
    {
        var call = new SharedCall(_name, turn, NewRecording());
        if (isShared)
        {
            _calls.TryAdd(key, call);
        }

        return LeadAsync(key, call, cancellationToken);
    }

    private ValueTask<EngineOutcome> LeadAsync(QuestionKey key, SharedCall call, CancellationToken cancellationToken)
    {
        call.Start((call, token) => AskForAsync(key, call, token));
        return new(call.WaitAsync(cancellationToken));
    }

    // Its owner is the list of calls, by which it is given up when the engine is disposed of.
    private void Revalidate(QuestionKey key, IEngineTurn turn)
    {
        var call = new SharedCall(_name, turn, NewRecording(), outlivesTurns: true);
        if (!_calls.TryAdd(key, call))
        {
            return;
        }

        if (Interlocked.Increment(ref _revalidations) > RevalidationsAtOnce)
        {
            Interlocked.Decrement(ref _revalidations);
            _calls.TryRemove(new KeyValuePair<QuestionKey, SharedCall>(key, call));
            return;
        }

        call.Start(async (call, token) =>
        {
            // Not on the thread of the turn, which has its answer.
            await Task.Yield();
            try
            {
                return await AskForAsync(key, call, token);
            }
            finally
            {
                Interlocked.Decrement(ref _revalidations);
            }
        });
    }

    private async Task<EngineOutcome> AskForAsync(QuestionKey key, SharedCall call, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await _engine.RunAsync(call, cancellationToken);
            _keepsSessions |= call.IsInSession;
            if (call.ToAnswer(outcome) is { } answer && (_standsIn || _policy.ToolUse || !answer.UsedTools))
            {
                _cache.Keep(outcome.IsForAnyDelivery ? key with { Delivery = null } : key, answer with { Revision = answer.ServedBy is { } place ? _revisionIn(place.Region) : null });
            }

            return outcome;
        }
        finally
        {
            // Behind the answer: who comes now finds that.
            _calls.TryRemove(new KeyValuePair<QuestionKey, SharedCall>(key, call));
        }
    }

    private AnswerRecording NewRecording() => new(_cache.AnswerBytes, _policy.AnswerEvents);

    private EngineOutcome Refuse() => Told(EngineOutcome.Failed(NotCached), CacheOutcome.Miss);

    private EngineOutcome Told(in EngineOutcome outcome, CacheOutcome cache)
    {
        // An engine with nothing but the fallback has no cache to speak of.
        if (!Gives)
        {
            return outcome;
        }

        cache = outcome.ServedBy is { Fallback: not null, Age: not null } ? CacheOutcome.Stale : cache;
        Telemetry.Cached(_name, cache);
        return outcome with { ServedBy = (outcome.ServedBy ?? new ServedBy(_name, "")) with { Cache = cache } };
    }
}
