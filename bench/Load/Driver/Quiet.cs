using Sluice.Bench.Processes;

namespace Sluice.Bench.Driver;

/// <summary>Waits until nobody else uses the machine, as long as the patience of the whole run lasts.</summary>
internal sealed class Quiet(double maxNoise, TimeSpan patience)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private TimeSpan _patience = patience;

    public bool Patient => _patience > TimeSpan.Zero;

    /// <summary>Time lost to a noisy window is patience spent, too.</summary>
    public void Spend(TimeSpan time) => _patience -= time;

    /// <summary>Between windows the bench itself is idle, so all that is busy is somebody else's.</summary>
    public void Await()
    {
        while (Patient)
        {
            var busy = Proc.BusySeconds();
            Thread.Sleep(Look);
            if ((Proc.BusySeconds() - busy) / Look.TotalSeconds <= maxNoise)
            {
                return;
            }

            Spend(Look);
        }
    }
}
