using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>What the body of an invocation says, validated. The input is a slice of the body's bytes.</summary>
internal readonly record struct InvokeBody
{
    public TurnInput Input { get; init; }

    public SessionId? Session { get; init; }

    public string? UserId { get; init; }

    public string? ClassMethod { get; init; }

    public string? Engine { get; init; }

    public BusyPolicy OnBusy { get; init; }

    /// <summary>Null: the request does not say.</summary>
    public bool? IsStateless { get; init; }

    /// <summary>Of an item of a batch.</summary>
    public string? IdempotencyKey { get; init; }
}
