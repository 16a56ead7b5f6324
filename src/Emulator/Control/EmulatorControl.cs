using System.Collections.Concurrent;

namespace Sluice.Emulator.Control;

/// <summary>A test's handle on a running emulator: say what goes wrong, hold answers, await what happens, count it.</summary>
public sealed class EmulatorControl
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);
    private readonly Action _resetState;
    private readonly Action _revokeTokens;

    internal EmulatorControl(CallLog log, ScriptQueue scripts, CounterBoard board, Action resetState, Action revokeTokens)
    {
        Log = log;
        Scripts = scripts;
        Board = board;
        _resetState = resetState;
        _revokeTokens = revokeTokens;
    }

    internal CallLog Log { get; }

    internal ScriptQueue Scripts { get; }

    internal CounterBoard Board { get; }

    /// <summary>The calls still remembered, oldest first.</summary>
    public IReadOnlyList<CallRecord> Calls => Log.Snapshot();

    /// <summary>The counts at this moment.</summary>
    public EmulatorCounters Counters => Board.Snapshot();

    /// <summary>Queues scripts behind those that wait already.</summary>
    public void Enqueue(params ReadOnlySpan<Script> scripts)
    {
        foreach (var script in scripts) Scripts.Add(script);
    }

    /// <summary>Forgets the scripts that wait.</summary>
    public void ClearScripts() => Scripts.Clear();

    /// <summary>The gate of this name, closed when first asked for.</summary>
    public Gate Gate(string name) => _gates.GetOrAdd(name, n => new Gate(n));

    /// <summary>Completes with the nth call that satisfies <paramref name="where"/>, past calls included, as it was when it first did.</summary>
    /// <param name="where">Any call to :query or :streamQuery if null.</param>
    /// <param name="nth">Counted from 1 over distinct calls.</param>
    /// <param name="limit">Real time to wait, 15 s if null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TimeoutException">No such call; the message lists those seen.</exception>
    public Task<CallRecord> WaitForCallAsync(
        Func<CallRecord, bool>? where = null, int nth = 1, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        Log.WaitAsync(where ?? IsAgentCall, nth, limit, cancellationToken);

    /// <summary>Like <see cref="WaitForCallAsync"/>, for a call whose client has left.</summary>
    public Task<CallRecord> WaitForCancelAsync(
        Func<CallRecord, bool>? where = null, int nth = 1, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        Log.WaitAsync(c => c.CancelledAt is not null && (where ?? IsAgentCall)(c), nth, limit, cancellationToken);

    /// <summary>Like <see cref="WaitForCallAsync"/>, for a call that has ended, in whatever way.</summary>
    public Task<CallRecord> WaitForEndAsync(
        Func<CallRecord, bool>? where = null, int nth = 1, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        Log.WaitAsync(c => c.EndedAt is not null && (where ?? IsAgentCall)(c), nth, limit, cancellationToken);

    /// <summary>Makes every token issued so far invalid (<see cref="BearerCheck.Issued"/>) and the metadata server issue new ones.</summary>
    public void RevokeTokens() => _revokeTokens();

    /// <summary>Forgets scripts, calls, counts, sessions and memories; opens every gate, so that nothing hangs on one.</summary>
    public void Reset()
    {
        Scripts.Clear();
        foreach (var gate in _gates.Values) gate.Open();
        _gates.Clear();
        Log.Clear();
        Board.Clear();
        _resetState();
    }

    private static bool IsAgentCall(CallRecord call) => call.Verb is Verb.Query or Verb.StreamQuery;
}
