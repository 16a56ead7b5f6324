using System.Text.Json.Nodes;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Sessions;

/// <summary>A session as the engine keeps it. Class methods and REST see the same one.</summary>
internal sealed class EngineSession(EngineName engine, string id, string userId, JsonObject state, DateTimeOffset created)
{
    // The default lifetime of a session, as far as it is known.
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    private readonly Lock _lock = new();
    private readonly List<(ISessionEvent Event, DateTimeOffset From)> _events = [];
    private JsonObject _state = state;
    private string? _displayName;
    private JsonObject? _labels;
    private DateTimeOffset? _expires;
    private DateTimeOffset _updated = created;

    public string Id => id;

    public string UserId => userId;

    public string Name { get; } = engine.Session(id);

    public DateTimeOffset Created { get; } = created;

    /// <summary>The events that can be seen at <paramref name="now"/>, in the order in which they became so.</summary>
    public IReadOnlyList<ISessionEvent> EventsAt(DateTimeOffset now)
    {
        lock (_lock) return [.. _events.Where(e => e.From <= now).OrderBy(e => e.From).Select(e => e.Event)];
    }

    /// <param name="e">What happened.</param>
    /// <param name="from">When whoever reads the session begins to see it.</param>
    /// <param name="stateDelta">What it changes in the state, at once.</param>
    public void Append(ISessionEvent e, DateTimeOffset from, JsonObject? stateDelta = null)
    {
        lock (_lock)
        {
            _events.Add((e, from));
            _updated = e.Time;
            foreach (var (name, value) in stateDelta ?? []) _state[name] = value?.DeepClone();
        }
    }

    /// <summary>Sets what a client may set; null leaves a member alone.</summary>
    public void Set(JsonObject? newState, string? displayName, JsonObject? labels, DateTimeOffset? expires, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (newState is not null) _state = (JsonObject)newState.DeepClone();
            _displayName = displayName ?? _displayName;
            if (labels is not null) _labels = (JsonObject)labels.DeepClone();
            _expires = expires ?? _expires;
            _updated = now;
        }
    }

    /// <param name="eventsAt">The moment whose events to show; null shows none.</param>
    public JsonObject ToAdk(DateTimeOffset? eventsAt)
    {
        var events = eventsAt is { } now ? EventsAt(now) : [];
        lock (_lock)
        {
            return new JsonObject
            {
                ["id"] = id,
                ["appName"] = engine.Id,
                ["userId"] = userId,
                ["state"] = _state.DeepClone(),
                ["events"] = new JsonArray([.. events.Select(e => e.ToAdk())]),
                ["lastUpdateTime"] = PythonTime.Seconds(_updated),
            };
        }
    }

    public JsonObject ToRest()
    {
        lock (_lock)
        {
            var json = new JsonObject
            {
                ["name"] = Name,
                ["createTime"] = ProtoDuration.Print(Created),
                ["updateTime"] = ProtoDuration.Print(_updated),
                ["userId"] = userId,
            };
            if (_displayName is not null) json["displayName"] = _displayName;
            if (_labels is not null) json["labels"] = _labels.DeepClone();
            if (_state.Count > 0) json["sessionState"] = _state.DeepClone();
            json["expireTime"] = ProtoDuration.Print(_expires ?? Created + Lifetime);
            return json;
        }
    }
}
