using Sluice.Api.Observability;

namespace Sluice.Api.Tests.Observability;

public sealed class CloudTraceContextTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Theory]
    [InlineData($"{Trace}/5;o=1", $"00-{Trace}-0000000000000005-01")]
    [InlineData($"{Trace}/5;o=0", $"00-{Trace}-0000000000000005-00")]
    [InlineData($"{Trace}/5", $"00-{Trace}-0000000000000005-00")]
    [InlineData($"{Trace}/18446744073709551615;o=1", $"00-{Trace}-ffffffffffffffff-01")]
    [InlineData("0AF7651916CD43DD8448EB211C80319C/5;o=1", $"00-{Trace}-0000000000000005-01")]
    public void Header_of_google_becomes_a_traceparent(string header, string expected) =>
        InboundTraceContext.FromCloudTraceContext(header).ShouldBe(expected);

    [Theory]
    [InlineData(Trace)]
    [InlineData($"{Trace}/0;o=1")]
    [InlineData($"{Trace};o=1")]
    public void Trace_without_a_span_is_honoured(string header) =>
        InboundTraceContext.FromCloudTraceContext(header)!.ShouldMatch($"^00-{Trace}-(?!0{{16}})[0-9a-f]{{16}}-0[01]$");

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000000000000000000000000000000/5;o=1")]
    [InlineData("0af7651916cd43dd8448eb211c80319/5;o=1")]
    [InlineData("0af7651916cd43dd8448eb211c80319g/5;o=1")]
    [InlineData($"{Trace}5;o=1")]
    [InlineData($"{Trace}/-5;o=1")]
    [InlineData($"{Trace}/b7ad6b;o=1")]
    [InlineData($"{Trace}/18446744073709551616;o=1")]
    public void Malformed_header_is_as_none(string? header) => InboundTraceContext.FromCloudTraceContext(header).ShouldBeNull();
}
