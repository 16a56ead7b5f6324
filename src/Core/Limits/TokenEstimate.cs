using Sluice.Core.Turns;

namespace Sluice.Core.Limits;

/// <summary>Model tokens where nobody has counted them.</summary>
public static class TokenEstimate
{
    /// <summary>What models of several makers print in English prose, code and JSON is 3 to 5 bytes of UTF-8 a token.</summary>
    private const int BytesPerToken = 4;

    /// <summary>Bytes of text in a JSON string literal of so many. Where a word at a time comes, its quotes would be half of it.</summary>
    public static int InsideQuotes(int literal) => Math.Max(0, literal - 2);

    public static long Of(TurnInput input) => Of(input.IsText ? InsideQuotes(input.Json.Length) : input.Json.Length);

    public static long Of(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
