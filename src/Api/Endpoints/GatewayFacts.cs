namespace Sluice.Api.Endpoints;

/// <summary>What the HTTP surface tells about the gateway itself.</summary>
internal sealed record GatewayFacts
{
    /// <summary>The Cloud Run revision this process belongs to (<c>K_REVISION</c>), so that who asks knows which one answered; <c>null</c> elsewhere.</summary>
    public string? Revision { get; init; }
}
