namespace Sluice.Api.Tests.Configuration;

public sealed class AuthTests
{
    private const string Id = "abcdefghijklmnop";
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void With_nothing_configured_callers_are_not_told_apart_and_only_this_machine_is_listened_to()
    {
        var options = Reading.Of().Options;

        (options.Auth.IsRequired, options.Auth.IsLocal, options.Listening.OnLoopback).ShouldBe((false, true, true));
    }

    [Theory]
    [InlineData("Sluice__Auth__Mode=none", false)]
    [InlineData("Sluice__Auth__Mode=required;Sluice__Data=/tmp/sluice", true)]
    [InlineData($"Sluice__Auth__Keys__{Id}__Hash={Hash};Sluice__Auth__Keys__{Id}__Tenant=acme", true)]
    [InlineData("Sluice__Auth__Google__Audiences__0=https://g.example;Sluice__Auth__Callers__0__Email=a@b.c;Sluice__Auth__Callers__0__Tenant=acme", true)]
    public void What_is_configured_decides_whether_callers_say_who_they_are(string variables, bool isRequired)
    {
        var options = Reading.Of(variables.Split(';')).Options;

        (options.Auth.IsRequired, options.Auth.IsLocal, options.Listening.OnLoopback).ShouldBe((isRequired, false, false));
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS=http://+:8080", "ASPNETCORE_URLS (urls): 'http://+:8080' can be reached from other machines, and callers are not told apart: set Sluice:Auth:Mode to required")]
    [InlineData("ASPNETCORE_URLS=http://localhost:1;http://0.0.0.0:2", "'http://0.0.0.0:2' can be reached from other machines")]
    [InlineData("ASPNETCORE_URLS=http://[::]:80", "'http://[::]:80' can be reached from other machines")]
    [InlineData("ASPNETCORE_URLS=http://gateway.example:80", "can be reached from other machines")]
    [InlineData("ASPNETCORE_URLS=http://127.0.0.1.evil.example:80", "can be reached from other machines")]
    [InlineData("K_SERVICE=gateway", "Sluice:Auth:Mode: has to be said on Cloud Run")]
    [InlineData("Sluice__Auth__Mode=required", "Sluice__Auth__Mode (Sluice:Auth:Mode): nobody could call: there is no store for API keys (Sluice:Data)")]
    [InlineData($"Sluice__Auth__Mode=none|Sluice__Auth__Keys__{Id}__Hash={Hash}|Sluice__Auth__Keys__{Id}__Tenant=acme", "with none nobody is asked for the keys")]
    [InlineData($"Sluice__Auth__Keys__{Id}__Hash={Hash}", $"Sluice:Auth:Keys:{Id}:Tenant: is needed")]
    [InlineData($"Sluice__Auth__Keys__{Id}__Tenant=acme", $"Sluice:Auth:Keys:{Id}:Hash: is needed")]
    [InlineData($"Sluice__Auth__Keys__{Id}__Hash=secret|Sluice__Auth__Keys__{Id}__Tenant=acme", "is not 64 hexadecimal digits")]
    [InlineData($"Sluice__Auth__Keys__x__Hash={Hash}|Sluice__Auth__Keys__x__Tenant=acme", "'x' is no key's id")]
    [InlineData("Sluice__Auth__Google__Audiences__0=https://g.example", "is of no use while nobody is listed: set Sluice:Auth:Callers:0:Email")]
    [InlineData("Sluice__Auth__Callers__0__Email=a@b.c|Sluice__Auth__Callers__0__Tenant=acme", "set Sluice:Auth:Google:Audiences:0")]
    [InlineData("Sluice__Auth__TestIssuer=http://127.0.0.1:1", "Sluice__Auth__TestIssuer (Sluice:Auth:TestIssuer): is for Development only")]
    [InlineData("Sluice__Auth__TestIssuer=http://10.0.0.1:1|ASPNETCORE_ENVIRONMENT=Development", "'http://10.0.0.1:1/' is not on loopback")]
    public void What_would_let_anybody_in_or_nobody_stops_the_start(string variables, string problem)
    {
        var reading = Reading.Of(variables.Split('|'));

        reading.Start.ExitCode.ShouldBe(1);
        reading.Error.ShouldContain(problem);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS=http://localhost:8080;http://127.0.0.1:1;http://[::1]:2;http://unix:/tmp/sluice.sock")]
    [InlineData("ASPNETCORE_URLS=http://+:8080|Sluice__Auth__Mode=none")]
    [InlineData("K_SERVICE=gateway|Sluice__Auth__Mode=none")]
    public void What_was_said_is_let_be(string variables) => Reading.Of(variables.Split('|')).Error.ShouldBeEmpty();
}
