using System.Text;
using Sluice.Core.Engines;

namespace Sluice.Vertex.Tests.Stub;

/// <summary>A turn as the next process finds it: <see cref="FakeTurn.Raw"/> is what comes behind <see cref="Kept"/>.</summary>
internal sealed class FakeInterruptedTurn : FakeTurn, IInterruptedTurn
{
    public DateTimeOffset StartedAt { get; set; } = DateTimeOffset.UtcNow;

    public IReadOnlyList<ReadOnlyMemory<byte>> Kept { get; init; } = [];

    public bool HasDropped { get; init; }

    public bool IsExact { get; private set; }

    /// <summary>What another process left of a turn that it had begun just now.</summary>
    /// <param name="turn">As it was there.</param>
    /// <param name="kept">How many of its events were stored.</param>
    public static FakeInterruptedTurn Of(FakeTurn turn, int kept = 0) => new()
    {
        Id = turn.Id,
        Request = turn.Request,
        EngineSession = turn.EngineSession,
        Kept = [.. turn.Raw.Take(kept).Select(raw => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(raw)))],
    };

    public void ContinueExactly()
    {
        if (Raw.Count > 0)
        {
            throw new InvalidOperationException("Something was appended before.");
        }

        IsExact = true;
    }
}
