namespace Sluice.Api.Endpoints;

/// <summary>Something this process needs before it should be sent requests. Asked by every <c>/readyz</c>: must answer from memory.</summary>
internal interface IReadiness
{
    /// <summary>Why not ready, for the operator; null when ready.</summary>
    string? WhyNot { get; }
}
