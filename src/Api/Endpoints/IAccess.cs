using Sluice.Core.Callers;

namespace Sluice.Api.Endpoints;

/// <summary>What an endpoint asks of its callers, where they are told apart. One that says nothing is closed to all but operators.</summary>
internal interface IAccess
{
    /// <summary>It tells how the gateway is doing, or what it is: nobody has to say who is asking, and nobody counts how often.</summary>
    bool IsOpen { get; }

    /// <summary>What a caller needs for this HTTP method.</summary>
    Scopes NeededFor(string method);
}

internal static class Access
{
    public static IAccess? Of(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<IAccess>();

    public static bool IsOpenTo(HttpContext context) => Of(context) is { IsOpen: true };
}
