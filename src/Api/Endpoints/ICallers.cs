using Sluice.Core.Callers;

namespace Sluice.Api.Endpoints;

/// <summary>Tells who is asking.</summary>
internal interface ICallers
{
    Caller CallerOf(HttpContext context);
}

/// <summary>A gateway that tells no callers apart.</summary>
internal sealed class OneCaller : ICallers
{
    public Caller CallerOf(HttpContext context) => Caller.Local;
}
