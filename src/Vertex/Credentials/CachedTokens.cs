namespace Sluice.Vertex.Credentials;

/// <summary>
/// Keeps a token as a ready header and gets the next one ahead of time, with one request however many wait for it. While that runs, and while it fails,
/// the old token serves as long as it is valid.
/// </summary>
internal sealed class CachedTokens : IAccessTokens, IAsyncDisposable
{
    /// <summary>The metadata server gives out the same token until about five minutes before its end; asking earlier only gets it again.</summary>
    internal static readonly TimeSpan Ahead = TimeSpan.FromMinutes(4);

    // Clocks differ, and a request takes time to arrive.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly ITokenSource _source;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private volatile Held? _held;
    private Task? _request;
    private TimeSpan _pause;
    private long _notBefore = long.MinValue;
    private CallAuthorization? _problem;

    public CachedTokens(ITokenSource source, TimeProvider time) => (_source, _time) = (source, time);

    public ValueTask<CallAuthorization> GetAsync(CancellationToken cancellationToken)
    {
        var held = _held;
        return held is not null && _time.GetTimestamp() < held.RefreshAt
            ? ValueTask.FromResult(held.Authorization)
            : RefreshedAsync(cancellationToken);
    }

    public bool Refused(CallAuthorization authorization)
    {
        lock (_gate)
        {
            if (_held is not { } held || !ReferenceEquals(held.Authorization, authorization))
            {
                return true;
            }

            // A token this new was not refused for its age: another would be refused as well, and each call would ask for one.
            if (_time.GetElapsedTime(held.Since) < Margin)
            {
                return false;
            }

            _held = null;
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task? request;
        lock (_gate)
        {
            request = _request;
        }

        if (request is not null)
        {
            await request;
        }

        _stopping.Dispose();
    }

    private async ValueTask<CallAuthorization> RefreshedAsync(CancellationToken cancellationToken)
    {
        Task? request;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var held = _held;
            if (_request is null && now >= _notBefore && (held is null || now >= held.RefreshAt) && !_stopping.IsCancellationRequested)
            {
                // Outside of this call's context: it serves everyone, and must not end with the one who came first.
                _request = Task.Run(RequestAsync, CancellationToken.None);
            }

            if (held is not null && now < held.ValidUntil)
            {
                return held.Authorization;
            }

            request = _request;
            if (request is null)
            {
                return _problem ?? new CallAuthorization(null, Problem: "The gateway is stopping.");
            }
        }

        await request.WaitAsync(cancellationToken);
        lock (_gate)
        {
            return _held?.Authorization ?? _problem ?? new CallAuthorization(null, Problem: "The gateway is stopping.");
        }
    }

    private async Task RequestAsync()
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _stopping.Token);
        try
        {
            var token = await _source.RequestAsync(either.Token);
            Keep(token);
        }
        catch (TokenException defect)
        {
            Fail(defect.Message);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            Fail(_stopping.IsCancellationRequested ? "The gateway is stopping." : $"Google's token server did not answer within {RequestTimeout.TotalSeconds:0} s.");
        }
        catch (Exception defect)
        {
            // Whatever a credentials library throws, calls get a fault and not a request that never ends.
            Fail($"Getting a token failed ({defect.GetType().Name}).");
        }
    }

    private void Keep(Token token)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var refreshIn = token.ExpiresIn - Ahead;
            _held = new Held(
                new CallAuthorization("Bearer " + token.Value, token.QuotaProject),
                now,
                // Served close to its end, or short by nature: at half its life, and not all the time.
                At(now, refreshIn > Margin ? refreshIn : Max(token.ExpiresIn / 2, Margin)),
                At(now, token.ExpiresIn - Margin));
            _pause = TimeSpan.Zero;
            _notBefore = long.MinValue;
            _problem = null;
            _request = null;
        }
    }

    private void Fail(string problem)
    {
        lock (_gate)
        {
            _pause = _pause == TimeSpan.Zero ? FirstPause : Min(_pause * 2, LongestPause);
            _notBefore = At(_time.GetTimestamp(), _pause);
            _problem = new CallAuthorization(null, Problem: problem);
            _request = null;
            if (_held is { } held && _time.GetTimestamp() >= held.ValidUntil)
            {
                _held = null;
            }
        }
    }

    private long At(long now, TimeSpan delay) => now + (long)(delay.TotalSeconds * _time.TimestampFrequency);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private sealed record Held(CallAuthorization Authorization, long Since, long RefreshAt, long ValidUntil);
}
