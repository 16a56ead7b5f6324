using System.Net;
using Sluice.Core.Callers;

namespace Sluice.Core.Audit;

/// <summary>What was decided.</summary>
public enum AuditAction
{
    /// <summary>A trail begins or goes on in a process.</summary>
    Opened,

    /// <summary>A request was let in.</summary>
    Admitted,

    /// <summary>A request was kept out.</summary>
    Refused,

    KeyCreated,
    KeyRevoked,

    /// <summary>Decisions of which there is no record, because no more could wait to be written.</summary>
    Lost,

    /// <summary>The oldest records of a chain were about to be removed, for there were more than are kept.</summary>
    Removed,
}

/// <summary>One decision, for the record. Never a credential, nor anything that was said in a turn.</summary>
/// <param name="Action">What was decided.</param>
/// <param name="At">When.</param>
public sealed record AuditEntry(AuditAction Action, DateTimeOffset At)
{
    /// <summary>Why, from a closed list.</summary>
    public string? Reason { get; init; }

    /// <summary>The caller's, or the key's.</summary>
    public string? Tenant { get; init; }

    public string? Subject { get; init; }

    /// <summary>Public name of the credential. Of one that was not valid: what it claimed to be.</summary>
    public string? CredentialId { get; init; }

    /// <summary>Needed by the request, or given to the key.</summary>
    public Scopes Scopes { get; init; }

    public string? Method { get; init; }

    /// <summary>The pattern, not the path: that names sessions.</summary>
    public string? Route { get; init; }

    /// <summary>The client's address, as far as proxies are believed.</summary>
    public IPAddress? Remote { get; init; }

    public string? TraceId { get; init; }

    /// <summary>How many, of <see cref="AuditAction.Lost"/>.</summary>
    public long? Count { get; init; }

    /// <summary>Up to where, of <see cref="AuditAction.Removed"/>.</summary>
    public AuditHead? UpTo { get; init; }
}
