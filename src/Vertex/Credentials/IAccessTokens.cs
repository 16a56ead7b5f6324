namespace Sluice.Vertex.Credentials;

/// <summary>Where the gateway's own right to call the engine comes from. Thread-safe.</summary>
public interface IAccessTokens
{
    /// <summary>What to send with a call; at once while a valid token is at hand.</summary>
    ValueTask<CallAuthorization> GetAsync(CancellationToken cancellationToken);

    /// <summary>Says that the engine refused this one.</summary>
    /// <returns>Whether the next <see cref="GetAsync"/> may give another.</returns>
    bool Refused(CallAuthorization authorization);
}

/// <summary>What a call carries to show that it may be made, or why there is none.</summary>
/// <param name="Header">The value of <c>Authorization</c>; null: none is needed.</param>
/// <param name="QuotaProject">The value of <c>x-goog-user-project</c>, when the credentials name one.</param>
/// <param name="Problem">Why there is no token, for a person who can put it right; null when there is one.</param>
public sealed record CallAuthorization(string? Header, string? QuotaProject = null, string? Problem = null)
{
    /// <summary>Nothing to send.</summary>
    public static CallAuthorization None { get; } = new((string?)null);

    // Neither logs nor exceptions may show the token.
    public override string ToString() => Problem ?? (Header is null ? "none" : "token");
}

/// <summary>For an engine that asks for no credentials: an emulator on loopback.</summary>
public sealed class NoAccessTokens : IAccessTokens
{
    public static NoAccessTokens Instance { get; } = new();

    public ValueTask<CallAuthorization> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(CallAuthorization.None);

    public bool Refused(CallAuthorization authorization) => false;
}
