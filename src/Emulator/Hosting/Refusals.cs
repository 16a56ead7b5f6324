using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Limits;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>The faults that take the place of an answer.</summary>
internal static class Refusals
{
    /// <summary>Whether the script refuses the call before the agent starts.</summary>
    public static bool RefusesBeforeStart(this Script script) => script.Refuses() && script.Turn is null or TurnReach.NotStarted;

    public static bool Refuses(this Script script) => script.Fault is
        Fault.Reset or Fault.Empty or Fault.Quota or Fault.Unavailable or Fault.BadGateway or Fault.Internal or Fault.Deadline or Fault.Cancelled
        or Fault.ColdContainer or Fault.ColdContainerEmpty or Fault.AgentError or Fault.Unauthenticated or Fault.Forbidden or Fault.NotFound;

    /// <summary>Gives the scripted refusal.</summary>
    public static Task RefuseAsync(this Exchange exchange)
    {
        exchange.Inject();
        switch (exchange.Script.Fault)
        {
            case Fault.Reset:
                exchange.Abort();
                return Task.CompletedTask;
            case Fault.Empty:
                return exchange.WriteAsync(200, "application/json", ReadOnlyMemory<byte>.Empty);
            default:
                return exchange.AnswerAsync(ErrorOf(exchange));
        }
    }

    private static ApiError ErrorOf(Exchange exchange)
    {
        var script = exchange.Script;
        return script.Fault switch
        {
            Fault.Quota => QuotaBuckets.Exceeded(exchange.Call.Verb, exchange.Engine, script.QuotaLimit, script.RetryDelay),
            Fault.Unavailable => GoogleErrors.Unavailable(),
            Fault.BadGateway => GoogleErrors.BadGateway(),
            Fault.Deadline => GoogleErrors.DeadlineExceeded(),
            Fault.Cancelled => GoogleErrors.Cancelled(),
            Fault.ColdContainer => AgentFailure.OfContainer(script.ErrorText ?? "Service Unavailable"),
            Fault.ColdContainerEmpty => AgentFailure.OfContainer(""),
            Fault.AgentError => AgentFailure.OfException(script.ErrorText ?? "division by zero", exchange.Body["input"] as JsonObject ?? []),
            Fault.Unauthenticated => GoogleErrors.InvalidCredential(),
            Fault.Forbidden => GoogleErrors.PermissionDenied(Permission.Of(exchange.Call.Verb), exchange.Engine),
            Fault.NotFound => GoogleErrors.EngineNotFound(exchange.Engine),
            _ => GoogleErrors.Internal(),
        };
    }
}
