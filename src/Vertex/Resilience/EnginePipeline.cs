using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Faults;
using Sluice.Vertex.Regions;

namespace Sluice.Vertex.Resilience;

/// <summary>
/// The way of a turn to its engine, from the outside in: bulkhead, total deadline, retry, choice of a region, its circuit, the attempt. An attempt keeps its own
/// timeouts, for its first event and for silence, on the shared pulse (<see cref="Calls.EngineCall"/>).
/// </summary>
/// <remarks>
/// The loop is written out: a retry of Polly's runs one callback again after a wait, where here each attempt may go to another region, at once or later, and what is
/// decided depends on what the turn has seen. Nearly all turns go through once, and pay for this object's locks and one <see cref="EngineRun"/>.
/// </remarks>
internal sealed class EnginePipeline : IAsyncDisposable
{
    private static readonly EngineFault Busy =
        new(FaultKind.EngineBusy, "As many turns as may are at this engine, and as many as may wait for it.", RetryAfter: TimeSpan.FromSeconds(1));

    private readonly GuardedRegion[] _regions;
    private readonly ResilienceOptions _options;
    private readonly TimeSpan _total;
    private readonly Pulse _pulse;
    private readonly IEngineObserver? _observer;
    private readonly RetryBudget _budget;

    /// <param name="regions">In order of preference.</param>
    /// <param name="options">Validated.</param>
    /// <param name="total">For all attempts at a turn and the waits between them.</param>
    /// <param name="pulse">The clock. Not owned.</param>
    /// <param name="observer">Told of what is done, for logs.</param>
    public EnginePipeline(GuardedRegion[] regions, ResilienceOptions options, TimeSpan total, Pulse pulse, IEngineObserver? observer)
    {
        (_regions, _options, _total, _pulse, _observer) = (regions, options, total, pulse, observer);
        _budget = new RetryBudget(options);
        Bulkhead = new Bulkhead(options, pulse);
    }

    public IReadOnlyList<GuardedRegion> Regions => _regions;

    public Bulkhead Bulkhead { get; }

    /// <summary>Configured name of the engine.</summary>
    public string Engine => _regions[0].Place.Engine;

    /// <inheritdoc cref="IEngine.RunAsync"/>
    public async ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken)
    {
        if (!await Bulkhead.EnterAsync(cancellationToken))
        {
            Telemetry.Refused(Engine);
            return EngineOutcome.Failed(Busy);
        }

        try
        {
            return await RunAsync(Begin(turn), cancellationToken);
        }
        finally
        {
            Bulkhead.Leave();
        }
    }

    /// <inheritdoc cref="IEngine.ResumeAsync"/>
    /// <remarks>Looking into the engine's session is no attempt: no circuit lets it through, and none learns from it.</remarks>
    public async ValueTask<EngineOutcome> ResumeAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        var hasEvents = turn.Kept.Count > 0 || turn.HasDropped;
        if (!await Bulkhead.EnterAsync(cancellationToken))
        {
            Telemetry.Refused(Engine);
            return EngineOutcome.Failed(Interruption.Of(hasEvents, "There was no room to ask its engine."));
        }

        try
        {
            var outcome = await FinishAsync(turn, hasEvents, cancellationToken);
            if (outcome.Fault is not { } fault || !RetryRules.MayRepeat(fault, hasEvents, _options) || !await turn.HoldAsync(cancellationToken))
            {
                return outcome;
            }

            if (fault.NeverStarted)
            {
                // Nobody has seen more than nothing.
                turn.ContinueExactly();
            }

            var run = Begin(turn);
            run.MayHaveStarted = !fault.NeverStarted;
            var again = await RunAsync(run, cancellationToken);

            // That this time nothing was started says nothing of the time before.
            return !fault.NeverStarted && again.Fault is { Retry: RetryVerdict.NotStarted } ? outcome : again;
        }
        finally
        {
            Bulkhead.Leave();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var region in _regions)
        {
            await region.DisposeAsync();
        }
    }

    private async ValueTask<EngineOutcome> RunAsync(EngineRun run, CancellationToken cancellationToken)
    {
        _budget.Earn();
        EngineOutcome outcome = default;
        while (await run.HoldAsync(cancellationToken))
        {
            if (Enter(run) is not { } region)
            {
                return WithoutRegion(outcome);
            }

            try
            {
                outcome = await region.Region.AttemptAsync(run, Left(run), cancellationToken) with { ServedBy = region.PlaceFor(run.Origin) };
                run.Ended(outcome.Fault);
            }
            finally
            {
                run.Leave();
            }

            if (outcome.Fault is not { } fault)
            {
                return outcome;
            }

            // That is what an attempt says which found that the turn may be held no longer, and sent nothing.
            if (fault.Kind == FaultKind.Interrupted)
            {
                continue;
            }

            var next = Decide(run, region, fault);
            if (next.Step == RetryStep.GiveUp)
            {
                return outcome;
            }

            if (!await run.HoldAsync(cancellationToken))
            {
                break;
            }

            if (next.Step == RetryStep.Repeat && !_budget.TrySpend())
            {
                return outcome;
            }

            await GoOnAsync(run, region, fault, next, cancellationToken);
        }

        return EngineOutcome.Failed(Interruption.LetGo(run.MayHaveStarted));
    }

    // Asks the region that holds the turn's engine session what became of the turn.
    private async ValueTask<EngineOutcome> FinishAsync(IInterruptedTurn turn, bool hasEvents, CancellationToken cancellationToken)
    {
        // A session that the caller named is looked for where a turn without one goes.
        var home = turn.EngineSessionAt(Engine)?.Region;
        var region = home is null ? _regions[0] : Array.Find(_regions, region => string.Equals(region.Place.Region, home, StringComparison.Ordinal));
        if (region is null)
        {
            return EngineOutcome.Failed(Interruption.Of(hasEvents, "The region that had it is configured no more."));
        }

        var outcome = await region.Region.FinishAsync(turn, cancellationToken);
        if (outcome.Fault is { NeverStarted: true } fault && _regions.Length > 1)
        {
            // It may have moved on, and the engine's session there may not have been stored: what one region does not have, another may.
            outcome = outcome with { Fault = fault with { NeverStarted = false } };
        }

        return home is null && _regions.Length > 1 && outcome.Fault is not null ? outcome : outcome with { ServedBy = region.Place };
    }

    private EngineRun Begin(IEngineTurn turn)
    {
        var origin = turn.EngineSessionAt(Engine)?.Region;
        return new EngineRun(turn, _pulse.After(_total))
        {
            Origin = origin,
            Home = origin is null ? RegionRules.None : Array.FindIndex(_regions, region => string.Equals(region.Place.Region, origin, StringComparison.Ordinal)),
        };
    }

    // The region for the next attempt, and its circuit's leave to make it; null when no circuit gives it.
    private GuardedRegion? Enter(EngineRun run)
    {
        int choice;
        while ((choice = Choose(run.Home, run.MovedOnFrom)) != RegionRules.None)
        {
            // Another turn may have become the trial since.
            if (_regions[choice].Circuit.TryEnter(out var pass))
            {
                if (run.Origin is not null && run.Home != choice)
                {
                    // The engine's session is made anew there, and the turn does not go back to where it was.
                    run.MovedOnFrom = run.Home == RegionRules.None ? run.MovedOnFrom : run.MovedOnFrom.With(run.Home);
                    run.Home = choice;
                    run.Attempt = 1;
                }

                run.Enter(_regions[choice], pass);
                return _regions[choice];
            }
        }

        return null;
    }

    private int Choose(int home, RegionSet movedOnFrom)
    {
        var lets = default(RegionSet);
        for (var region = 0; region < _regions.Length; region++)
        {
            lets = _regions[region].Circuit.Lets ? lets.With(region) : lets;
        }

        return RegionRules.Choose(lets, home, movedOnFrom, _regions.Length);
    }

    private RetryDecision Decide(EngineRun run, GuardedRegion region, EngineFault fault) =>
        RetryRules.Decide(
            new FailedAttempt
            {
                Fault = fault,
                Number = run.Attempt,
                HasEvents = run.HasEvents,
                IsAtHome = run.Origin is not null,
                IsElsewhereFree = Choose(RegionRules.None, run.MovedOnFrom.With(Array.IndexOf(_regions, region))) != RegionRules.None,
                Left = Left(run),
                HasBudget = _budget.HasOne,
                Jitter = Random.Shared.NextDouble(),
            },
            _options);

    private Task GoOnAsync(EngineRun run, GuardedRegion region, EngineFault fault, RetryDecision next, CancellationToken cancellationToken)
    {
        Task wait;
        if (next.Step == RetryStep.Move)
        {
            run.MovedOnFrom = run.MovedOnFrom.With(Array.IndexOf(_regions, region));
            wait = Task.CompletedTask;
        }
        else
        {
            // With nothing to keep it anywhere, the turn begins again at the first region.
            run.MovedOnFrom = run.Origin is null ? default : run.MovedOnFrom;
            run.Attempt++;
            wait = Task.Delay(next.After, _pulse.Time, cancellationToken);
        }

        Telemetry.Retried(region.Place, fault);
        _observer?.Repeating(region.Place, fault, next.Step == RetryStep.Move ? null : next.After);
        return wait;
    }

    // What the turn has seen says more than a circuit that opened meanwhile.
    private EngineOutcome WithoutRegion(in EngineOutcome last)
    {
        var triedAgainIn = TimeSpan.MaxValue;
        foreach (var region in _regions)
        {
            triedAgainIn = region.Circuit.Health.TriedAgainIn is { } soon && soon < triedAgainIn ? soon : triedAgainIn;
        }

        var retryAfter = triedAgainIn == TimeSpan.MaxValue ? TimeSpan.Zero : triedAgainIn;
        return last.Fault is { } fault
            ? last with { Fault = fault with { RetryAfter = fault.RetryAfter ?? retryAfter } }
            : EngineOutcome.Failed(new EngineFault(FaultKind.CircuitOpen, "The engine has failed too often of late and is not asked for now.", RetryAfter: retryAfter));
    }

    private TimeSpan Left(EngineRun run) => _pulse.Time.GetElapsedTime(_pulse.Time.GetTimestamp(), run.Deadline);
}
