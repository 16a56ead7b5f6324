using Sluice.Core.Callers;

namespace Sluice.Api.Identity;

/// <summary>Who is asking, or why that cannot be told.</summary>
/// <param name="Caller">Null exactly when there is a denial.</param>
/// <param name="Denial">Null exactly when there is a caller.</param>
/// <param name="Claimed">With a denial: the public name of what the credential claimed to be, where it has one. For the record only.</param>
internal readonly record struct Identification(Caller? Caller, Denial? Denial, string? Claimed)
{
    public static Identification Of(Caller caller) => new(caller, null, null);

    public static Identification Denied(Denial denial, string? claimed = null) => new(null, denial, claimed);
}
