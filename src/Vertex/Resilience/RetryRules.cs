using Sluice.Core.Engines;

namespace Sluice.Vertex.Resilience;

/// <summary>What to do about a failed attempt.</summary>
internal enum RetryStep : byte
{
    /// <summary>Answer with the fault.</summary>
    GiveUp,

    /// <summary>Wait, then try again.</summary>
    Repeat,

    /// <summary>Try in another region, at once.</summary>
    Move,
}

/// <param name="Step">What to do.</param>
/// <param name="After">The wait before a repetition.</param>
internal readonly record struct RetryDecision(RetryStep Step, TimeSpan After = default);

/// <summary>An attempt that failed, and what is left to go on with.</summary>
internal readonly record struct FailedAttempt
{
    public required EngineFault Fault { get; init; }

    /// <summary>Which attempt in its region it was, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>Some of the answer has been passed on.</summary>
    public required bool HasEvents { get; init; }

    /// <summary>The region holds the engine's session.</summary>
    public required bool IsAtHome { get; init; }

    /// <summary>A region this turn has not failed in would take it.</summary>
    public required bool IsElsewhereFree { get; init; }

    /// <summary>Until the turn's deadline.</summary>
    public required TimeSpan Left { get; init; }

    /// <summary>The engine's budget has a repetition left.</summary>
    public required bool HasBudget { get; init; }

    /// <summary>At random, 0 to 1.</summary>
    public required double Jitter { get; init; }
}

/// <summary>When a turn is sent again. Pure: docs/engine.md tells the same in words.</summary>
internal static class RetryRules
{
    public static RetryDecision Decide(in FailedAttempt failed, ResilienceOptions options)
    {
        if (!MayRepeat(failed.Fault, failed.HasEvents, options))
        {
            return new RetryDecision(RetryStep.GiveUp);
        }

        // Another region has quota and containers of its own, so neither a wait nor the budget of repetitions is called for.
        if (failed.IsElsewhereFree && !failed.IsAtHome && failed.Fault.Kind != FaultKind.CredentialsUnavailable)
        {
            return new RetryDecision(RetryStep.Move);
        }

        var after = Delay(failed, options);
        if (after is { } wait && failed.Number < options.MaxAttempts && failed.HasBudget && wait < failed.Left)
        {
            return new RetryDecision(RetryStep.Repeat, wait);
        }

        // What was said in a session is worth waiting for its region, but not for ever.
        return new RetryDecision(failed is { IsElsewhereFree: true, Fault.Kind: FaultKind.Unreachable } ? RetryStep.Move : RetryStep.GiveUp);
    }

    /// <summary>Whether a turn that ended so may be sent again at all.</summary>
    public static bool MayRepeat(EngineFault fault, bool hasEvents, ResilienceOptions options) => !hasEvents && fault.Retry switch
    {
        RetryVerdict.NotStarted => true,
        RetryVerdict.MayHaveStarted => options.SafeToRepeat,
        _ => false,
    };

    // Null: longer than a turn is kept waiting for.
    private static TimeSpan? Delay(in FailedAttempt failed, ResilienceOptions options)
    {
        var doubled = 1 << Math.Min(failed.Number - 1, 20);
        if (failed.Fault.Kind == FaultKind.ColdStart)
        {
            return options.ColdStartDelay * (doubled * (1 + (failed.Jitter / 10)));
        }

        var backoff = options.BaseDelay * (doubled * (1 - (failed.Jitter / 2)));
        backoff = backoff < options.MaxDelay ? backoff : options.MaxDelay;
        if (failed.Fault.RetryAfter is not { } asked)
        {
            return backoff;
        }

        // Never earlier than asked; a little later, so that not all who were told the same come at the same moment.
        return asked > options.MaxDelay ? null : asked + (options.BaseDelay * failed.Jitter);
    }
}
