using System.Globalization;
using System.Runtime.CompilerServices;
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

        // With every answer: the text is put together on the stack.
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        var behind = "";
        foreach (var standing in standings)
        {
            text.AppendLiteral(behind);
            AppendItem(ref text, standing);
            behind = ", ";
        }

        response.Headers[StandingName] = text.ToStringAndClear();
    }

    /// <summary>For one whose standings are not told.</summary>
    public static void Set(HttpResponse response, Shortage shortage)
    {
        Set(response, PolicyOf(shortage.Quota), [new Standing(shortage.Quota, 0, shortage.RetryAfter)]);
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

    private static void AppendItem(ref DefaultInterpolatedStringHandler text, in Standing standing)
    {
        text.AppendLiteral("\"");
        text.AppendLiteral(standing.Quota.Name);
        text.AppendLiteral("\";r=");
        text.AppendFormatted(standing.Left);
        if (standing.Reset is { } reset)
        {
            text.AppendLiteral(";t=");
            text.AppendFormatted((long)Math.Ceiling(reset.TotalSeconds));
        }
    }
}
