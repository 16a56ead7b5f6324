using System.Diagnostics;
using Sluice.Api.Configuration;

namespace Sluice.Api.Observability;

/// <summary>
/// Asks ASP.NET Core for an activity for each request, whether or not spans are exported: its trace id is on the answer, in the logs and on the call to the engine.
/// </summary>
internal sealed class RequestActivities(TelemetryOptions telemetry) : IHostedService, IDisposable
{
    private readonly ActivityListener _listener = new()
    {
        ShouldListenTo = static source => source.Name is "Microsoft.AspNetCore",
        Sample = telemetry is { ToOtlp: false, ToCloudTrace: false } ? PassOn : LeaveToTheSampler,
    };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        ActivitySource.AddActivityListener(_listener);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    /// <summary>The caller's decision to record goes on to the engine, which may export what we do not.</summary>
    private static ActivitySamplingResult PassOn(ref ActivityCreationOptions<ActivityContext> request) =>
        request.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.PropagationData;

    /// <summary>The most that any listener wants is done: this one wants the least.</summary>
    private static ActivitySamplingResult LeaveToTheSampler(ref ActivityCreationOptions<ActivityContext> request) => ActivitySamplingResult.PropagationData;
}
