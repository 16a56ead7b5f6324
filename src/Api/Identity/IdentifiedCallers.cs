using Sluice.Api.Endpoints;
using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>The caller that the gate has let in.</summary>
internal sealed class IdentifiedCallers : ICallers
{
    public Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("A path that is open does not know who is asking.");
}
