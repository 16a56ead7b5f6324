namespace Sluice.Core.Limits;

/// <summary>Model tokens where nobody has counted them.</summary>
public static class TokenEstimate
{
    /// <summary>What models of several makers print in English prose, code and JSON is 3 to 5 bytes of UTF-8 a token.</summary>
    private const int BytesPerToken = 4;

    public static long Of(long bytes) => (bytes + BytesPerToken - 1) / BytesPerToken;
}
