using System.Text.RegularExpressions;

namespace Sluice.Api.Tests.Monitoring;

public sealed partial class RunbookTests
{
    private static readonly string[] Anchors =
        [.. Heading().Matches(Repository.Read("docs/operating.md")).Select(heading => heading.Groups["title"].Value.Trim().ToLowerInvariant().Replace(' ', '-'))];

    [Fact]
    public void Every_alert_has_a_page_and_every_page_an_alert()
    {
        AlertRules.Alerts.ShouldNotBeEmpty();
        foreach (var alert in AlertRules.Alerts)
        {
            alert.Runbook.ShouldBe($"docs/operating.md#{alert.Name.ToLowerInvariant()}");
            Anchors.ShouldContain(alert.Name.ToLowerInvariant());
        }

        Anchors.Where(anchor => anchor.StartsWith("sluice", StringComparison.Ordinal)).ShouldBe(AlertRules.Alerts.Select(alert => alert.Name.ToLowerInvariant()), ignoreOrder: true);
    }

    [GeneratedRegex("^#+ (?<title>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
