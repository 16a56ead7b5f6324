using System.Text.Json;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Limits;
using Sluice.Api.Observability;
using Sluice.Api.Problems;
using Sluice.Core.Audit;
using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>
/// Lets a request through to its path if its caller may, and says why not otherwise. Each decision is recorded. What is not one of our paths is closed: who maps another has to
/// say what it needs.
/// </summary>
internal sealed class Gate(
    RequestDelegate next,
    Identifier identifier,
    ClientAddresses addresses,
    AuditOptions options,
    TimeProvider time,
    IProblemWriter problems,
    AuditTrail? audit = null)
{
    private static readonly string[] Reasons = [.. Enum.GetNames<Denial>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    private readonly bool _recordsAdmissions = audit is not null && options.Extent == AuditExtent.All;

    public Task InvokeAsync(HttpContext context)
    {
        var access = Access.Of(context);
        if (access?.IsOpen == true)
        {
            return next(context);
        }

        var needed = access?.NeededFor(context.Request.Method) ?? Scopes.Operate;
        return identifier.IdentifyAsync(context.Request, context.RequestAborted)
            .ThenAsync((Gate: this, context, needed), static (asked, identified) => asked.Gate.GoOnAsync(asked.context, identified, asked.needed));
    }

    private Task GoOnAsync(HttpContext context, in Identification identified, Scopes needed)
    {
        if (identified.Caller is not { } caller)
        {
            return RefuseAsync(context, identified.Denial!.Value, needed, null, identified.Claimed);
        }

        if (AccessRules.Missing(caller, needed) is not Scopes.None and var missing)
        {
            Record(context, Denial.ScopeMissing, needed, caller, caller.CredentialId);
            return WriteAsync(context, DenialTable.Missing(missing));
        }

        if (_recordsAdmissions && !audit!.TryRecord(EntryOf(AuditAction.Admitted, context, needed, caller, caller.CredentialId, reason: null)))
        {
            audit.Lose();
            if (options.WhenFull == AuditBound.Refuse)
            {
                return WriteAsync(context, DenialTable.Of(Denial.NoRecord));
            }
        }

        context.Features.Set(caller);
        return next(context);
    }

    private Task RefuseAsync(HttpContext context, Denial denial, Scopes needed, Caller? caller, string? claimed)
    {
        Record(context, denial, needed, caller, claimed);
        return WriteAsync(context, DenialTable.Of(denial));
    }

    // Nobody was let in: without room for a record, that there was one more is recorded later.
    private void Record(HttpContext context, Denial denial, Scopes needed, Caller? caller, string? credential)
    {
        if (audit?.TryRecord(EntryOf(AuditAction.Refused, context, needed, caller, credential, Reasons[(int)denial])) == false)
        {
            audit.Lose();
        }
    }

    private Task WriteAsync(HttpContext context, (Problem Problem, string? Challenge) answer)
    {
        if (answer.Challenge is { } challenge)
        {
            context.Response.Headers.WWWAuthenticate = challenge;
        }

        return problems.WriteAsync(context, answer.Problem);
    }

    private AuditEntry EntryOf(AuditAction action, HttpContext context, Scopes needed, Caller? caller, string? credential, string? reason) => new(action, time.GetUtcNow())
    {
        Reason = reason,
        Tenant = caller?.Tenant.Value,
        Subject = caller?.Subject,
        CredentialId = credential,
        Scopes = needed,
        Method = context.Request.Method,
        Route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
        Remote = addresses.Of(context),
        TraceId = TraceIdHeader.Of(context),
    };
}
