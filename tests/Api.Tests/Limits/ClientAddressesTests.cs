using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Api.Endpoints;
using Sluice.Api.Limits;

namespace Sluice.Api.Tests.Limits;

public sealed class ClientAddressesTests
{
    [Theory]
    [InlineData("203.0.113.9")]
    [InlineData("127.0.0.1, 10.0.0.1")]
    public void Nobody_is_believed_unless_the_operator_says_so(string forged) =>
        Of(trusted: null, "198.51.100.7", xForwardedFor: [forged], forwarded: [$"for={forged}"]).ShouldBe("198.51.100.7");

    [Theory]
    [InlineData("1", "203.0.113.9", "203.0.113.9")]
    [InlineData("1", "1.1.1.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("1", "1.1.1.1,2.2.2.2 , 203.0.113.9", "203.0.113.9")]
    [InlineData("2", "1.1.1.1, 203.0.113.9, 35.191.0.1", "203.0.113.9")]
    [InlineData("2", "203.0.113.9", "203.0.113.9")]
    [InlineData("1", "203.0.113.9:4711", "203.0.113.9")]
    [InlineData("1", "[2001:db8::1]:4711", "2001:db8::/64")]
    [InlineData("10.0.0.0/8", "203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.0/8", "1.1.1.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("10.0.0.0/8", "1.1.1.1, 203.0.113.9, 10.1.2.3, 10.3.2.1", "203.0.113.9")]
    [InlineData("10.0.0.0/8,203.0.113.0/24", "1.1.1.1, 203.0.113.9, 10.1.2.3", "1.1.1.1")]
    public void The_first_from_the_right_that_nobody_vouches_for_is_the_client(string trusted, string header, string client) =>
        Of(trusted, "10.0.0.1", xForwardedFor: [header]).ShouldBe(client);

    [Fact]
    public void A_peer_outside_the_trusted_networks_is_itself_whatever_it_says() =>
        Of("10.0.0.0/8", "198.51.100.7", xForwardedFor: ["203.0.113.9"]).ShouldBe("198.51.100.7");

    [Fact]
    public void Several_lines_are_one_list() =>
        Of("1", "10.0.0.1", xForwardedFor: ["1.1.1.1", "2.2.2.2, 203.0.113.9"]).ShouldBe("203.0.113.9");

    [Theory]
    [InlineData("unknown")]
    [InlineData("")]
    [InlineData("1.1.1.1, _hidden")]
    [InlineData("1.1.1.1, 1")]
    [InlineData("1.1.1.1, 0x7f.1")]
    [InlineData("1.1.1.1,")]
    [InlineData("1.1.1.1, 203.0.113.9\0")]
    public void Where_something_stands_that_is_no_address_nothing_left_of_it_is_believed(string header) =>
        Of("2", "10.0.0.1", xForwardedFor: [header]).ShouldBe("10.0.0.1");

    [Theory]
    [InlineData("for=203.0.113.9;proto=https")]
    [InlineData("for=1.1.1.1, proto=https;For=\"203.0.113.9:80\"")]
    public void Only_the_header_that_the_proxies_write_is_looked_at(string forwarded)
    {
        Of("1", "10.0.0.1", xForwardedFor: ["6.6.6.6"], forwarded: [forwarded], header: ForwardedHeader.Forwarded).ShouldBe("203.0.113.9");
        Of("1", "10.0.0.1", xForwardedFor: ["203.0.113.9"], forwarded: ["for=6.6.6.6"]).ShouldBe("203.0.113.9");
    }

    [Fact]
    public void All_addresses_of_a_subscribers_network_are_one_client()
    {
        Of(null, "2001:db8:1:2:aaaa::1").ShouldBe(Of(null, "2001:db8:1:2:bbbb::2"));
        Of(null, "2001:db8:1:2::1").ShouldNotBe(Of(null, "2001:db8:1:3::1"));
    }

    [Fact]
    public void An_address_is_the_same_by_either_family() => Of(null, "::ffff:198.51.100.7").ShouldBe("198.51.100.7");

    [Fact]
    public void A_header_without_end_is_not_read_to_its_end() =>
        Of("0.0.0.0/0", "10.0.0.1", xForwardedFor: [string.Join(',', Enumerable.Repeat("10.0.0.1", 100_000).Prepend("1.1.1.1"))]).ShouldBe("10.0.0.1");

    [Theory]
    [InlineData("0")]
    [InlineData("17")]
    [InlineData("-1")]
    [InlineData("10.0.0.0/33")]
    [InlineData("anyone")]
    [InlineData("10.0.0.0/8,")]
    public void Proxies_that_are_neither_hops_nor_networks_are_refused(string text) => TrustedProxies.TryParse(text, out _).ShouldBeFalse();

    private static string Of(
        string? trusted, string peer, string[]? xForwardedFor = null, string[]? forwarded = null, ForwardedHeader header = ForwardedHeader.XForwardedFor)
    {
        TrustedProxies? proxies = null;
        if (trusted is not null)
        {
            TrustedProxies.TryParse(trusted, out proxies).ShouldBeTrue();
        }

        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Headers["X-Forwarded-For"] = xForwardedFor;
        context.Request.Headers["Forwarded"] = forwarded;
        return new ClientAddresses(new HttpSurfaceOptions { TrustedProxies = proxies, ForwardedHeader = header }).SubscriberOf(context);
    }
}
