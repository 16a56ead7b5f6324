namespace Sluice.Api.Tests.EndToEnd;

/// <summary>One stage for the tests of a class: each has sessions and prompts of its own, so none is in another's way.</summary>
public abstract class SharedStage(string engine, params string[] environment) : IAsyncLifetime
{
    internal Stage Stage { get; private set; } = null!;

    public async Task InitializeAsync() => Stage = await Stage.StartAsync(engine, environment);

    public Task DisposeAsync() => Stage.DisposeAsync().AsTask();
}

/// <summary>In front of an engine that answers plain queries.</summary>
public sealed class QueryStage() : SharedStage("echo");

/// <summary>In front of an ADK application.</summary>
public sealed class AdkStage() : SharedStage("adk");

/// <summary>
/// Waits with a stream's status for as long as may be, so that a slow machine does not turn an early failure into an event. Tells each failure as it is: repeats
/// nothing, and keeps away from nothing.
/// </summary>
public sealed class PatientStage() : SharedStage(
    "echo", "Sluice__Http__HeadHold=10s", "Sluice__Resilience__MaxAttempts=1", "Sluice__Resilience__MinimumThroughput=10000");

/// <summary>A turn ends with its last reader.</summary>
public sealed class NoGraceStage() : SharedStage("echo", "Sluice__Http__Grace=0s");
