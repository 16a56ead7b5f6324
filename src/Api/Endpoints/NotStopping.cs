namespace Sluice.Api.Endpoints;

/// <summary>
/// A process that stops takes no new turns. Told once that is so, and not before: nobody who has read it is taken all the same.
/// </summary>
internal sealed class NotStopping : IReadiness, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    public string? WhyNot => _stopping.IsCancellationRequested ? "The gateway is stopping." : null;

    /// <summary>Cancelled when new turns are refused.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>From now on <see cref="WhyNot"/> says so.</summary>
    public void Tell() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
