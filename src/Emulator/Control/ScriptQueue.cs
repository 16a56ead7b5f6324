namespace Sluice.Emulator.Control;

/// <summary>The scripts that wait for calls to act on.</summary>
internal sealed class ScriptQueue(int seed)
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private Random _random = new(seed);

    public void Add(Script script)
    {
        lock (_lock) _entries.Add(new Entry(script));
    }

    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
            _random = new Random(seed);
        }
    }

    /// <summary>The script for this call, used up by it; null if none matches.</summary>
    public Script? Take(Call call)
    {
        lock (_lock)
        {
            foreach (var entry in _entries)
            {
                var script = entry.Script;
                if (!Matches(script, call) || ++entry.Seen < script.Nth) continue;
                if (script.Times > 0 && entry.Used >= script.Times) continue;
                // A rate of 1 must not draw: adding a script without a rate would shift the draws of the others.
                if (script.Rate < 1 && _random.NextDouble() >= script.Rate) continue;
                entry.Used++;
                if (entry.Used == script.Times) _entries.Remove(entry);
                return script.Faults.Count == 0 ? script : script with { Fault = script.Faults[_random.Next(script.Faults.Count)] };
            }
            return null;
        }
    }

    private static bool Matches(Script script, Call call) =>
        (script.Verb is { } verb ? verb == call.Verb : call.Verb is Verb.Query or Verb.StreamQuery)
        && (script.Engine is null || script.Engine == call.Engine)
        && (script.ClassMethod is null || script.ClassMethod == call.ClassMethod)
        && (script.MessageContains is null || call.Message?.Contains(script.MessageContains, StringComparison.Ordinal) == true);

    private sealed class Entry(Script script)
    {
        public Script Script { get; } = script;

        public int Seen { get; set; }

        public int Used { get; set; }
    }
}
