using System.Net;
using Sluice.Api.Configuration;
using Sluice.Api.Hosting;
using Sluice.Silo.Hosting;

namespace Sluice.Silo.Tests.Configuration;

/// <summary>What a silo is told, beside what every gateway is.</summary>
public sealed class SiloOptionsTests
{
    private const string Database = "ConnectionStrings__Postgres=Host=db;Database=sluice";

    [Fact]
    public void Nothing_said_is_a_silo_alone_that_nobody_reaches()
    {
        var (_, options, _) = Read();
        (options!.Role, options.Cluster, options.Address, options.Dashboard).ShouldBe((SiloRole.Silo, "sluice", IPAddress.Loopback, DashboardAccess.Off));
    }

    [Fact]
    public void A_database_is_shared_without_saying_so() => Read(Database).Start.Options.Replicas.Host.ShouldBe(HostKind.Replicas);

    [Theory]
    [InlineData("Sluice__Silo__Address=here", "Sluice__Silo__Address (Sluice:Silo:Address): 'here' is not an IP address")]
    [InlineData("Sluice__Silo__Role=boss", "Sluice__Silo__Role (Sluice:Silo:Role): 'boss' is not one of silo, frontend")]
    [InlineData("Sluice__Silo__GatewayPort=11111", "Sluice__Silo__GatewayPort (Sluice:Silo:GatewayPort): is the same as Sluice:Silo:Port: the two need a port each")]
    [InlineData("Sluice__Silo__Rol=silo", "Sluice__Silo__Rol (Sluice:Silo:Rol): there is no such setting; the nearest is Sluice:Silo:Role")]
    public void What_is_wrong_is_told_by_its_name(string variable, string problem) => Read(variable).Error.ShouldContain(problem);

    [Fact]
    public void A_front_end_has_no_dashboard() =>
        Read(Database, "Sluice__Silo__Role=frontend", "Sluice__Silo__Dashboard=loopback").Error.ShouldContain("Sluice__Silo__Dashboard (Sluice:Silo:Dashboard): is served by silos");

    [Fact]
    public void One_that_speaks_grpc_has_no_dashboard() =>
        Read("Sluice__Role=grpc", "Sluice__Silo__Dashboard=loopback").Error.ShouldContain("Sluice__Silo__Dashboard (Sluice:Silo:Dashboard): is for browsers");

    [Fact]
    public void Help_tells_of_the_cluster_too()
    {
        using var output = new StringWriter();
        Prepare(["--help"], output, TextWriter.Null, _ => { });
        output.ToString().ShouldContain("Sluice:Silo:Role");
        output.ToString().ShouldContain("Sluice:Host");
    }

    private static (Start Start, SiloOptions? Options, string Error) Read(params string[] variables)
    {
        SiloOptions? options = null;
        using var error = new StringWriter();
        var start = Prepare([], TextWriter.Null, error, read => options = read, variables);
        return (start, options, error.ToString());
    }

    private static Start Prepare(string[] arguments, TextWriter output, TextWriter error, Action<SiloOptions> read, params string[] variables)
    {
        var environment = variables.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return Start.Prepare(arguments, SharedByPostgres.In(environment), output, error, new MoreSettings(SiloOptions.Section, settings => read(SiloOptions.Read(settings))));
    }
}
