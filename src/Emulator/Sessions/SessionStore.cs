using System.Text.Json.Nodes;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Engines;

namespace Sluice.Emulator.Sessions;

/// <summary>All sessions of all engines. Beyond the bound the oldest is forgotten.</summary>
internal sealed class SessionStore(IdSource ids, TimeProvider time, int retained)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, EngineSession> _byName = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <summary>A new session; null if the id asked for is taken.</summary>
    public EngineSession? Create(EngineName engine, string userId, JsonObject state, string? id = null)
    {
        lock (_lock)
        {
            var session = new EngineSession(engine, id ?? ids.Numeric(), userId, (JsonObject)state.DeepClone(), time.GetUtcNow());
            if (!_byName.TryAdd(session.Name, session)) return null;
            _order.Enqueue(session.Name);
            while (_order.Count > retained) _byName.Remove(_order.Dequeue());
            return session;
        }
    }

    public EngineSession? Find(EngineName engine, string id)
    {
        lock (_lock) return _byName.GetValueOrDefault(engine.Session(id));
    }

    public bool Delete(EngineName engine, string id)
    {
        lock (_lock) return _byName.Remove(engine.Session(id));
    }

    /// <summary>An engine's sessions, oldest first.</summary>
    public IReadOnlyList<EngineSession> List(EngineName engine, string? userId)
    {
        var prefix = engine.Session("");
        lock (_lock)
        {
            return [.. _byName.Values
                .Where(s => s.Name.StartsWith(prefix, StringComparison.Ordinal) && (userId is null || s.UserId == userId))
                .OrderBy(s => s.Created)];
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _byName.Clear();
            _order.Clear();
        }
    }
}
