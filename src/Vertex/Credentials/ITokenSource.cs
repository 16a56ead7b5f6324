namespace Sluice.Vertex.Credentials;

/// <summary>Gets one new token, however long it takes and however often it is asked.</summary>
internal interface ITokenSource
{
    /// <exception cref="TokenException">There is none to be had now; the message says why without telling secrets.</exception>
    Task<Token> RequestAsync(CancellationToken cancellationToken);
}

/// <param name="Value">The access token itself.</param>
/// <param name="ExpiresIn">From now.</param>
/// <param name="QuotaProject">The project to count quota against, when the credentials name one.</param>
internal sealed record Token(string Value, TimeSpan ExpiresIn, string? QuotaProject)
{
    public override string ToString() => "token";
}

internal sealed class TokenException(string message, Exception? inner = null) : Exception(message, inner);
