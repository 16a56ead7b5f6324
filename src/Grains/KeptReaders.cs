using Sluice.Core.Log;
using Sluice.Core.Turns;

namespace Sluice.Grains;

/// <summary>
/// Readers on turns of this silo that were opened for somebody who is about to come for them, in this process or by a subscription: until then the turn is not left alone. For a few seconds, then
/// whoever it was does not come.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class KeptReaders(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<TurnId, Queue<(ITurnReader Reader, long Since)>> _kept = [];

    public void Keep(ITurnReader reader)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(reader.Turn, out var readers))
            {
                _kept[reader.Turn] = readers = new();
            }

            readers.Enqueue((reader, time.GetTimestamp()));
        }
    }

    /// <summary>The one kept longest for that turn, now the caller's to dispose of; null: there is none.</summary>
    public ITurnReader? Take(TurnId turn)
    {
        lock (_gate)
        {
            if (!_kept.TryGetValue(turn, out var readers))
            {
                return null;
            }

            var (reader, _) = readers.Dequeue();
            if (readers.Count == 0)
            {
                _kept.Remove(turn);
            }

            return reader;
        }
    }

    /// <summary>Lets go of those nobody came for.</summary>
    public async Task SweepAsync()
    {
        foreach (var reader in Late())
        {
            await reader.DisposeAsync();
        }
    }

    private List<ITurnReader> Late()
    {
        List<ITurnReader> late = [];
        lock (_gate)
        {
            foreach (var (turn, readers) in _kept)
            {
                while (readers.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Since) >= Patience)
                {
                    late.Add(readers.Dequeue().Reader);
                }

                if (readers.Count == 0)
                {
                    _kept.Remove(turn);
                }
            }
        }

        return late;
    }
}
