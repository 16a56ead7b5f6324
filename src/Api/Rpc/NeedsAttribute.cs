using Sluice.Api.Endpoints;
using Sluice.Core.Callers;

namespace Sluice.Api.Rpc;

/// <summary>Says on a method of a service what its callers need. gRPC hands it to the method's endpoint, where the gate looks for it.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsAttribute(Scopes scopes) : Attribute, IAccess
{
    public Scopes Scopes => scopes;

    public bool IsOpen => false;

    public Scopes NeededFor(string method) => scopes;
}

/// <summary>Says of a service that everyone may call it.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class OpenAttribute : Attribute, IAccess
{
    public bool IsOpen => true;

    public Scopes NeededFor(string method) => Scopes.None;
}
