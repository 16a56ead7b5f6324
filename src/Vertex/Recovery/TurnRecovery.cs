using Sluice.Core.Engines;

namespace Sluice.Vertex.Recovery;

/// <summary>
/// Finds out what became of a turn, by looking into the engine's session until that is certain or patience is at its end. The longer it takes, the farther apart
/// the looks are, and only a few run at a time however many turns ask.
/// </summary>
/// <param name="policy">How hard to look.</param>
/// <param name="read">Looks once.</param>
/// <param name="time">For waits and durations.</param>
internal sealed class TurnRecovery(RecoveryPolicy policy, TurnRecovery.Reader read, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    /// <summary>More than <see cref="TurnJudgement"/> takes two clocks to differ by: containers have one each.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _places = new(policy.ReadsAtOnce);

    /// <summary>Reads a session from a moment of the engine's clock on; null: from its beginning.</summary>
    public delegate ValueTask<(SessionHistory? History, EngineFault? Fault)> Reader(string session, DateTimeOffset? from, CancellationToken cancellationToken);

    /// <param name="session">The engine's id of it.</param>
    /// <param name="memory">What is known here.</param>
    /// <param name="sentAt">Timestamp of sending the turn.</param>
    /// <param name="cancellationToken">The turn's own.</param>
    /// <exception cref="OperationCanceledException">The turn was cancelled.</exception>
    public async ValueTask<Recovered> FindOutAsync(string session, TurnMemory memory, long sentAt, CancellationToken cancellationToken)
    {
        // Patience says until when looks begin. Reading takes its own time, and behind a final response there may be one more look.
        using var end = new CancellationTokenSource(policy.Patience + policy.Quiet + SessionReader.PageTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, cancellationToken);
        var search = new Search(session, memory, sentAt, time.GetTimestamp());
        try
        {
            await LookAsync(search, either.Token);
            return search.Found;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The turn's own token is the one its owner knows.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            return search.Found.Unsettled();
        }
    }

    public void Dispose() => _places.Dispose();

    private async ValueTask LookAsync(Search search, CancellationToken cancellationToken)
    {
        var wait = FirstWait;
        for (var looks = 1; ; looks++)
        {
            var fault = await LookOnceAsync(search, cancellationToken);
            var now = time.GetTimestamp();
            var isFinished = search.Found.Judgement.Fate == TurnFate.Finished;
            var left = isFinished
                ? policy.Quiet - time.GetElapsedTime(search.QuietSince, now)
                : policy.Patience - time.GetElapsedTime(search.BeganAt, now);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            if (looks == RecoveryPolicy.MostLooks || IsFinal(fault))
            {
                search.Found = search.Found.Unsettled();
                return;
            }

            await Task.Delay(WholeMilliseconds(isFinished || left < wait ? left : wait), time, cancellationToken);
            wait = TimeSpan.FromTicks(Math.Min(wait.Ticks * 2, Math.Max(policy.Patience.Ticks / 5, FirstWait.Ticks)));
        }
    }

    private async ValueTask<EngineFault?> LookOnceAsync(Search search, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            var (history, fault) = await read(search.Session, search.From, cancellationToken);
            if (history is null)
            {
                search.Found = search.Found.Unread(fault!);
                return fault;
            }

            var now = time.GetTimestamp();
            var sentAgo = time.GetElapsedTime(search.SentAt, now);
            var judgement = TurnJudgement.Of(history, search.Memory, sentAgo);
            if (!judgement.Shows(search.Found.Judgement))
            {
                search.QuietSince = now;
            }

            search.Found = Recovered.Of(judgement);

            // Nothing of this turn is older, and there is less to read the next time.
            search.From ??= search.Memory.LastInvocation is null ? history.ReadAt - sentAgo - search.Memory.Skew - Margin : null;
            return null;
        }
        finally
        {
            _places.Release();
        }
    }

    // A timer does not wait at all for a part of one: the looks would be used up in what is left at the end.
    private static TimeSpan WholeMilliseconds(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));

    // Asking again would get the same answer.
    private static bool IsFinal(EngineFault? fault) => fault?.Kind
        is FaultKind.Unauthenticated or FaultKind.PermissionDenied or FaultKind.EngineNotFound or FaultKind.InvalidRequest or FaultKind.AnswerTooLarge;

    private sealed class Search(string session, TurnMemory memory, long sentAt, long beganAt)
    {
        public string Session => session;

        public TurnMemory Memory { get; } = memory;

        public long SentAt => sentAt;

        public long BeganAt { get; } = beganAt;

        public DateTimeOffset? From { get; set; } = memory.LastEventAt - Margin;

        /// <summary>Since when every look has shown the same.</summary>
        public long QuietSince { get; set; } = beganAt;

        public Recovered Found { get; set; } = Recovered.Nothing;
    }
}
