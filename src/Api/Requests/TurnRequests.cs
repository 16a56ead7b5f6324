using Sluice.Api.Endpoints;
using Sluice.Core.Callers;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.Api.Requests;

/// <summary>Makes a turn's request of what was said, whatever protocol it was said in.</summary>
internal static class TurnRequests
{
    /// <param name="options">What holds where the request says nothing.</param>
    /// <param name="caller">Who is asking.</param>
    /// <param name="said">The fields.</param>
    /// <param name="key">Its idempotency key; null: none.</param>
    /// <param name="delivery">How the answer is wanted.</param>
    /// <param name="isDetached">The caller does not wait, or may leave for good.</param>
    /// <param name="cacheControl">What a kept answer has to be.</param>
    public static TurnRequest Of(
        HttpSurfaceOptions options, Caller caller, in InvokeBody said, string? key, Delivery delivery, bool isDetached, in CacheControl cacheControl)
    {
        var session = said.Session ?? (key is null ? SessionId.New() : IdempotencyKey.SessionOf(caller, key));
        return new TurnRequest
        {
            Caller = caller,
            Session = session,
            BeginsSession = said.Session is null && key is null,
            Input = said.Input,
            Delivery = delivery,
            UserId = said.UserId,
            ClassMethod = said.ClassMethod,
            Engine = said.Engine,
            OnBusy = said.OnBusy,
            IdempotencyKey = key,
            Fingerprint = key is null ? null : IdempotencyKey.FingerprintOf(session, said),
            Grace = isDetached ? null : GraceOf(options, delivery, key),
            IsStateless = said.IsStateless ?? (options.StatelessIfUnnamed && said.Session is null),
            CacheControl = cacheControl,
        };
    }

    // Nobody can come back to a turn whose id has not been sent yet and that has no key.
    private static TimeSpan GraceOf(HttpSurfaceOptions options, Delivery delivery, string? key) =>
        delivery == Delivery.Whole && key is null ? TimeSpan.Zero : options.Grace;
}
