namespace Sluice.Core.Time;

/// <summary>
/// Background work that is asked for from many sides: it runs once at a time, and once more when it was asked for meanwhile. Its owner disposes of it, which ends it.
/// </summary>
/// <param name="work">Does what there is to do now. Expected failures are its own business.</param>
/// <param name="defect">Told of what it throws all the same; the work is done again when it is asked for.</param>
internal sealed class Recurring(Func<CancellationToken, Task> work, Action<Exception> defect) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private bool _isAsked;
    private bool _isStopped;

    public void Ask()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            if (!_running.IsCompleted)
            {
                _isAsked = true;
                return;
            }

            _running = Task.Run(RunAsync, CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task running;
        lock (_gate)
        {
            _isStopped = true;
            running = _running;
        }

        await _stopping.CancelAsync();
        await running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        do
        {
            try
            {
                await work(_stopping.Token);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Nobody else would hear of it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                defect(e);
            }
        }
        while (WasAskedMeanwhile());
    }

    private bool WasAskedMeanwhile()
    {
        lock (_gate)
        {
            var asked = _isAsked && !_isStopped;
            _isAsked = false;
            if (!asked)
            {
                // What is asked from here on starts anew.
                _running = Task.CompletedTask;
            }

            return asked;
        }
    }
}
