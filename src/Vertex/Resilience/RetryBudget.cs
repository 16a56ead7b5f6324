namespace Sluice.Vertex.Resilience;

/// <summary>
/// How many repetitions an engine's turns have earned: a bucket that each turn puts a part of one into, and each repetition takes one from. When all calls
/// fail, it runs dry, and the engine is left with the turns themselves.
/// </summary>
internal sealed class RetryBudget
{
    private const int Whole = 1000;

    private readonly int _share;
    private readonly int _most;
    private int _saved;

    public RetryBudget(ResilienceOptions options)
    {
        _share = (int)(options.RetryRatio * Whole);

        // Without a reserve one repetition must still be possible to earn.
        _most = Math.Max(options.RetryReserve, options.RetryRatio > 0 ? 1 : 0) * Whole;
        _saved = options.RetryReserve * Whole;
    }

    public bool HasOne => Volatile.Read(ref _saved) >= Whole;

    /// <summary>A turn begins.</summary>
    public void Earn()
    {
        int saved;
        do
        {
            saved = Volatile.Read(ref _saved);
            if (saved >= _most)
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _saved, Math.Min(saved + _share, _most), saved) != saved);
    }

    /// <summary>A turn is repeated. False when nothing is left.</summary>
    public bool TrySpend()
    {
        int saved;
        do
        {
            saved = Volatile.Read(ref _saved);
            if (saved < Whole)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _saved, saved - Whole, saved) != saved);

        return true;
    }
}
