namespace Sluice.Emulator.Control;

/// <summary>Counts; every number is read and written under one lock, and none of them once per token.</summary>
internal sealed class CounterBoard
{
    // A load test asks a million different things; what comes after these many is counted as one.
    private const int MaxMessages = 10_000;
    private const string OtherMessages = "(others)";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _verbs = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _statuses = [];
    private readonly Dictionary<string, long> _faults = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _turns = new(StringComparer.Ordinal);
    private long _calls;
    private long _cancelled;
    private long _eventsSent;
    private long _tokenRequests;
    private long _connectionsAccepted;
    private int _connectionsOpen;
    private int _running;
    private int _maxRunning;

    public void CallBegan(string verb)
    {
        lock (_lock)
        {
            _calls++;
            Add(_verbs, verb);
            if (verb is Verb.AccessToken or Verb.IdentityToken or Verb.OAuthToken) _tokenRequests++;
            _maxRunning = Math.Max(_maxRunning, ++_running);
        }
    }

    public void CallEnded(CallRecord record)
    {
        lock (_lock)
        {
            _running--;
            _eventsSent += record.EventsSent;
            if (record.Status > 0) Add(_statuses, record.Status);
            if (record.Outcome == CallOutcome.Cancelled) _cancelled++;
        }
    }

    public void FaultInjected(Fault fault)
    {
        lock (_lock) Add(_faults, fault.Text());
    }

    public void TurnStarted(string message)
    {
        lock (_lock) Add(_turns, _turns.Count < MaxMessages || _turns.ContainsKey(message) ? message : OtherMessages);
    }

    public void ConnectionOpened()
    {
        lock (_lock)
        {
            _connectionsAccepted++;
            _connectionsOpen++;
        }
    }

    public void ConnectionClosed()
    {
        lock (_lock) _connectionsOpen--;
    }

    public void Clear()
    {
        lock (_lock)
        {
            _verbs.Clear();
            _statuses.Clear();
            _faults.Clear();
            _turns.Clear();
            _calls = _cancelled = _eventsSent = _tokenRequests = 0;
            _connectionsAccepted = _connectionsOpen;
            _maxRunning = _running;
        }
    }

    public EmulatorCounters Snapshot()
    {
        lock (_lock)
        {
            return new EmulatorCounters
            {
                Calls = _calls,
                CallsByVerb = new Dictionary<string, long>(_verbs, StringComparer.Ordinal),
                ResponsesByStatus = new Dictionary<int, long>(_statuses),
                Faults = new Dictionary<string, long>(_faults, StringComparer.Ordinal),
                Turns = new Dictionary<string, long>(_turns, StringComparer.Ordinal),
                Cancelled = _cancelled,
                EventsSent = _eventsSent,
                Running = _running,
                MaxRunning = _maxRunning,
                ConnectionsAccepted = _connectionsAccepted,
                ConnectionsOpen = _connectionsOpen,
                TokenRequests = _tokenRequests,
            };
        }
    }

    private static void Add<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;
}
