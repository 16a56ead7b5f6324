using Sluice.Core.Sessions;
using Sluice.Core.Storage;

namespace Sluice.Storage.Postgres;

/// <summary>What stands in a letter, as words: nodes of different versions read each other's.</summary>
internal static class LetterWords
{
    private static readonly (LetterKind Kind, string Word)[] Kinds =
        [(LetterKind.Turn, "turn"), (LetterKind.Cancel, "cancel"), (LetterKind.Forget, "forget")];

    private static readonly (Refusal Refusal, string Word)[] Refusals =
    [
        (Refusal.Busy, "busy"),
        (Refusal.QueueFull, "queue_full"),
        (Refusal.KeyReused, "key_reused"),
        (Refusal.OtherUser, "other_user"),
        (Refusal.TooManySessions, "too_many_sessions"),
        (Refusal.Stopping, "stopping"),
        (Refusal.StorageUnavailable, "storage_unavailable"),
        (Refusal.RateLimited, "rate_limited"),
        (Refusal.TooManyTurns, "too_many_turns"),
        (Refusal.BudgetExhausted, "budget_exhausted"),
        (Refusal.LimitsUnavailable, "limits_unavailable"),
    ];

    public static string Write(LetterKind kind) => Array.Find(Kinds, known => known.Kind == kind).Word;

    /// <summary>Null: not known to this version. It is not answered, and its sender asks another way.</summary>
    public static LetterKind? ReadKind(string word) => Array.FindIndex(Kinds, known => known.Word == word) is >= 0 and var at ? Kinds[at].Kind : null;

    /// <summary>Null: not refused.</summary>
    public static string? Write(Refusal refusal) => refusal == Refusal.None ? null : Array.Find(Refusals, known => known.Refusal == refusal).Word;

    /// <summary>One of a later version is read as what is always true of a refusal: not now.</summary>
    public static Refusal ReadRefusal(string? word) => word is null
        ? Refusal.None
        : Array.FindIndex(Refusals, known => known.Word == word) is >= 0 and var at ? Refusals[at].Refusal : Refusal.StorageUnavailable;
}
