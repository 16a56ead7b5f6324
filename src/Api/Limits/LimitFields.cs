using System.Globalization;
using System.Text;
using Sluice.Core.Limits;

namespace Sluice.Api.Limits;

/// <summary>Tells callers how they stand (draft-ietf-httpapi-ratelimit-headers-10): lists of structured fields, an item for each policy.</summary>
internal static class LimitFields
{
    private const string PolicyName = "RateLimit-Policy";
    private const string StandingName = "RateLimit";

    public static string PolicyOf(IEnumerable<Quota> quotas) => string.Join(", ", quotas.Select(PolicyOf));

    /// <param name="response">Its head has not been sent.</param>
    /// <param name="policies">Of <see cref="PolicyOf(IEnumerable{Quota})"/>.</param>
    /// <param name="standings">The same policies, in the same order.</param>
    public static void Set(HttpResponse response, string policies, IEnumerable<Standing> standings)
    {
        response.Headers[PolicyName] = policies;
        response.Headers[StandingName] = string.Join(", ", standings.Select(ItemOf));
    }

    /// <summary>For one whose standings are not told.</summary>
    public static void Set(HttpResponse response, Shortage shortage)
    {
        response.Headers[PolicyName] = PolicyOf(shortage.Quota);
        response.Headers[StandingName] = ItemOf(new Standing(shortage.Quota, 0, shortage.RetryAfter));
    }

    private static string PolicyOf(Quota quota)
    {
        var item = new StringBuilder().Append(CultureInfo.InvariantCulture, $"\"{quota.Name}\";q={quota.Limit}");
        if (quota.Unit != "requests")
        {
            item.Append(CultureInfo.InvariantCulture, $";qu=\"{quota.Unit}\"");
        }

        if (quota.Kind != QuotaKind.Concurrent && !quota.NeverComesBack)
        {
            item.Append(CultureInfo.InvariantCulture, $";w={(long)quota.Window.TotalSeconds}");
        }

        return item.ToString();
    }

    private static string ItemOf(Standing standing) => standing.Reset is { } reset
        ? string.Create(CultureInfo.InvariantCulture, $"\"{standing.Quota.Name}\";r={standing.Left};t={(long)Math.Ceiling(reset.TotalSeconds)}")
        : string.Create(CultureInfo.InvariantCulture, $"\"{standing.Quota.Name}\";r={standing.Left}");
}
