using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sluice.Core.Engines;
using Sluice.Core.Limits;
using Sluice.Core.Turns;

namespace Sluice.Core;

/// <summary>What Core shows to tracing and metrics. Never prompt or answer text.</summary>
public static class Telemetry
{
    /// <summary>Name of every activity source and meter of the product.</summary>
    public const string SourceName = "Sluice";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);

    private static readonly Counter<long> Fallbacks =
        Meter.CreateCounter<long>("sluice.fallbacks", "{turn}", "Turns in which something stood in for their engine, by engine and kind.");

    private static readonly Counter<long> Limitings =
        Meter.CreateCounter<long>("sluice.limits.refused", "{request}", "Requests and turns that a limit refused, by policy; turns that one ended while they ran included.");

    /// <summary>The span of one turn, child of the request that brought it (OpenTelemetry GenAI semantic conventions).</summary>
    internal static Activity? StartTurn(Turn turn)
    {
        var activity = Source.StartActivity("turn");
        if (activity is { IsAllDataRequested: true })
        {
            activity.AddTag("gen_ai.conversation.id", turn.Session.Value);
            activity.AddTag("sluice.turn.id", turn.Id.ToString());
        }

        return activity;
    }

    internal static void EndTurn(Activity activity, TurnEnd end)
    {
        if (activity.IsAllDataRequested)
        {
            activity.AddTag("sluice.turn.outcome", OutcomeOf(end.State));
            if (end.Fault is { } fault)
            {
                activity.AddTag("error.type", FaultTable.Of(fault.Kind).Code);
                activity.SetStatus(ActivityStatusCode.Error);
            }
        }

        activity.Dispose();
    }

    /// <param name="engine">Configured name of the engine that was asked.</param>
    /// <param name="kind">What stood in for it.</param>
    internal static void FellBack(string engine, string kind) => Fallbacks.Add(1, new("sluice.engine.name", engine), new("sluice.fallback", kind));

    /// <summary>The policy is one of those that are configured, and says nothing of whom it refused.</summary>
    internal static void Limited(Quota quota, string reason) => Limitings.Add(1, new("sluice.limit.policy", quota.Name), new("sluice.limit.reason", reason));

    /// <summary>The outcome as a label: one of six words.</summary>
    public static string OutcomeOf(TurnState state) => state switch
    {
        TurnState.Queued => "queued",
        TurnState.Running => "running",
        TurnState.Completed => "completed",
        TurnState.Failed => "failed",
        TurnState.Cancelled => "cancelled",
        _ => "unknown",
    };
}
