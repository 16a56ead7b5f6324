using System.Text.Json.Nodes;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Memories;

/// <summary>A fact about somebody.</summary>
internal sealed record Memory(string Name, string Fact, JsonObject Scope, DateTimeOffset CreateTime, DateTimeOffset UpdateTime)
{
    public JsonObject ToRest() => new()
    {
        ["name"] = Name,
        ["createTime"] = ProtoDuration.Print(CreateTime),
        ["updateTime"] = ProtoDuration.Print(UpdateTime),
        ["fact"] = Fact,
        ["scope"] = Scope.DeepClone(),
    };
}

/// <summary>Memory Bank without a model: facts are kept as given and found by the words they share with the question.</summary>
internal sealed class MemoryStore(IdSource ids, TimeProvider time)
{
    private const int Retained = 10_000;

    private readonly Lock _lock = new();
    private readonly List<Memory> _memories = [];

    public static JsonObject Scope(EngineName engine, string userId) => new() { ["app_name"] = engine.Id, ["user_id"] = userId };

    public Memory Add(EngineName engine, string fact, JsonObject scope)
    {
        var now = time.GetUtcNow();
        var memory = new Memory($"{engine.Resource}/memories/{ids.Numeric()}", fact, (JsonObject)scope.DeepClone(), now, now);
        lock (_lock)
        {
            _memories.Add(memory);
            if (_memories.Count > Retained) _memories.RemoveAt(0);
        }
        return memory;
    }

    public Memory? Find(string name)
    {
        lock (_lock) return _memories.Find(m => m.Name == name);
    }

    public bool Delete(string name)
    {
        lock (_lock) return _memories.RemoveAll(m => m.Name == name) > 0;
    }

    public Memory? Update(string name, string fact)
    {
        lock (_lock)
        {
            var at = _memories.FindIndex(m => m.Name == name);
            return at < 0 ? null : _memories[at] = _memories[at] with { Fact = fact, UpdateTime = time.GetUtcNow() };
        }
    }

    /// <summary>The engine's facts of one scope (null is any), those that share a word with the query if there is one.</summary>
    public IReadOnlyList<Memory> Search(EngineName engine, JsonObject? scope, string? query)
    {
        var words = query?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        lock (_lock)
        {
            return [.. _memories.Where(m =>
                m.Name.StartsWith(engine.Resource + "/", StringComparison.Ordinal)
                && (scope is null || JsonNode.DeepEquals(m.Scope, scope))
                && (words is null || words.Any(w => m.Fact.Contains(w, StringComparison.OrdinalIgnoreCase))))];
        }
    }

    public void Clear()
    {
        lock (_lock) _memories.Clear();
    }
}
