using Sluice.Core.Keys;

namespace Sluice.Api.Identity;

/// <summary>Finds out who is asking: from memory, but for a token that comes for the first time.</summary>
internal sealed class Identifier(KnownKeys keys, IdentityTokens tokens, TimeProvider time)
{
    public ValueTask<Identification> IdentifyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var (text, denial) = PresentedCredential.Of(request);
        if (text is null)
        {
            return new(Identification.Denied(denial!.Value));
        }

        if (KeyText.IsKey(text))
        {
            return new(ByKey(text));
        }

        return IdentityTokens.IsToken(text)
            ? tokens.IdentifyAsync(text, cancellationToken)
            : new(Identification.Denied(Denial.MalformedCredential));
    }

    private Identification ByKey(string text)
    {
        var state = keys.Ring.Find(text, time.GetUtcNow(), out var caller);
        return state switch
        {
            // Known before the store went away, and maybe revoked since.
            KeyState.Live when keys.AreOutdated => Denied(Denial.KeysUnavailable),
            KeyState.Live => Identification.Of(caller!),
            KeyState.Expired => Denied(Denial.KeyExpired),
            KeyState.Revoked => Denied(Denial.KeyRevoked),
            _ => Denied(Denial.UnknownKey),
        };

        Identification Denied(Denial denial) => Identification.Denied(denial, KeyText.IdOf(text).ToString());
    }
}
