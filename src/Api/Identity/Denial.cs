namespace Sluice.Api.Identity;

/// <summary>Why a request is kept out. The names, in lower case, are the reasons in the audit trail; a caller is told less: <see cref="DenialTable"/>.</summary>
internal enum Denial
{
    NoCredential,
    SeveralCredentials,
    MalformedCredential,
    UnknownKey,
    KeyExpired,
    KeyRevoked,
    KeysUnavailable,
    TokensNotTaken,
    SignatureRemoved,
    MalformedToken,
    WrongAlgorithm,
    UnknownSigningKey,
    WrongSignature,
    WrongIssuer,
    WrongAudience,
    TokenExpired,
    TokenNotYetValid,
    EmailNotVerified,
    CallerNotListed,
    SigningKeysUnavailable,
    ScopeMissing,
    NoRecord,
}
