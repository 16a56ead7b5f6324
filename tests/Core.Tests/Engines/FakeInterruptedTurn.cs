using System.Text;
using Sluice.Core.Engines;

namespace Sluice.Core.Tests.Engines;

/// <summary>A turn that another process began.</summary>
internal sealed class FakeInterruptedTurn(FakeTurn turn, params string[] kept) : FakeTurn(turn.Request), IInterruptedTurn
{
    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UnixEpoch;

    public IReadOnlyList<ReadOnlyMemory<byte>> Kept { get; } = [.. kept.Select(e => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(e)))];

    public bool HasDropped { get; init; }

    public bool IsExact { get; private set; }

    public static FakeInterruptedTurn Saying(string text, string? engine = null, params string[] kept) => new(FakeTurn.Saying(text, engine), kept);

    public void ContinueExactly() => IsExact = true;
}
