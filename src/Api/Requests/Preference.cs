using Microsoft.Extensions.Primitives;

namespace Sluice.Api.Requests;

/// <summary>The Prefer header (RFC 7240).</summary>
internal static class Preference
{
    private const string RespondAsync = "respond-async";

    /// <summary>The caller does not wait, or may leave for good: its turn goes on with no reader.</summary>
    public static bool IsDetached(HttpRequest request)
    {
        foreach (var line in request.Headers["Prefer"])
        {
            foreach (var preference in new StringTokenizer(line ?? "", [',']))
            {
                var name = preference.Split([';']).First().Trim();
                if (name.Equals(RespondAsync, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public static void Applied(HttpResponse response) => response.Headers["Preference-Applied"] = RespondAsync;
}
