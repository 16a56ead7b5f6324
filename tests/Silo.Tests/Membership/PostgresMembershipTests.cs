using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Messaging;
using Sluice.PostgresKit;
using Sluice.Silo.Membership;

namespace Sluice.Silo.Tests.Membership;

/// <summary>What a cluster agrees on is agreed on once.</summary>
public sealed class PostgresMembershipTests
{
    private static readonly DateTime Start = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [PostgresFact]
    public async Task A_silo_that_joined_is_found_as_it_was_written()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        var entry = Entry(1, SiloStatus.Active);
        entry.AddSuspector(Address(2), Start);
        (await table.InsertRow(entry, (await table.ReadAll()).Version.Next())).ShouldBeTrue();

        var read = (await table.ReadAll()).Members.ShouldHaveSingleItem().Item1;
        (read.SiloAddress, read.Status, read.ProxyPort, read.HostName, read.SiloName, read.StartTime, read.IAmAliveTime)
            .ShouldBe((entry.SiloAddress, entry.Status, entry.ProxyPort, entry.HostName, entry.SiloName, entry.StartTime, entry.IAmAliveTime));
        read.SuspectTimes.ShouldBe([Tuple.Create(Address(2), Start)]);
        (await table.ReadRow(Address(1))).Members.ShouldHaveSingleItem();
        (await table.ReadRow(Address(3))).Members.ShouldBeEmpty();
        (await table.ReadRow(Address(3))).Version.Version.ShouldBe(1);
    }

    [PostgresFact]
    public async Task Of_two_changes_to_the_same_version_one_is_made()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        var seen = (await table.ReadAll()).Version.Next();
        var made = await Task.WhenAll(Enumerable.Range(1, 10).Select(number => table.InsertRow(Entry(number, SiloStatus.Joining), seen)));
        made.Count(done => done).ShouldBe(1);
        var after = await table.ReadAll();
        after.Members.ShouldHaveSingleItem();
        after.Version.Version.ShouldBe(1);
    }

    [PostgresFact]
    public async Task A_change_from_an_old_version_is_not_made()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        var first = (await table.ReadAll()).Version.Next();
        (await table.InsertRow(Entry(1, SiloStatus.Joining), first)).ShouldBeTrue();
        var second = await table.ReadAll();
        (await table.UpdateRow(Entry(1, SiloStatus.Active), second.Members[0].Item2, second.Version.Next())).ShouldBeTrue();
        (await table.UpdateRow(Entry(1, SiloStatus.Dead), second.Members[0].Item2, second.Version.Next())).ShouldBeFalse();
        (await table.ReadAll()).Members[0].Item1.Status.ShouldBe(SiloStatus.Active);
    }

    [PostgresFact]
    public async Task A_sign_of_life_changes_no_version()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        await table.InsertRow(Entry(1, SiloStatus.Active), (await table.ReadAll()).Version.Next());
        var alive = Entry(1, SiloStatus.Active);
        alive.IAmAliveTime = Start.AddMinutes(1);
        await table.UpdateIAmAlive(alive);
        var read = await table.ReadAll();
        read.Members[0].Item1.IAmAliveTime.ShouldBe(Start.AddMinutes(1));
        read.Version.Version.ShouldBe(1);
    }

    [PostgresFact]
    public async Task Clusters_of_other_names_are_not_seen_and_old_dead_silos_are_cleaned_up()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        var other = await TableAsync(database, "other");
        await table.InsertRow(Entry(1, SiloStatus.Dead), (await table.ReadAll()).Version.Next());
        await table.InsertRow(Entry(2, SiloStatus.Active), (await table.ReadAll()).Version.Next());
        (await other.ReadAll()).Members.ShouldBeEmpty();
        await table.CleanupDefunctSiloEntries(new DateTimeOffset(Start.AddHours(1)));
        (await table.ReadAll()).Members.ShouldHaveSingleItem().Item1.SiloAddress.ShouldBe(Address(2));
        await table.DeleteMembershipTableEntries("sluice");
        (await table.ReadAll()).Members.ShouldBeEmpty();
    }

    [PostgresFact]
    public async Task Front_ends_find_the_gateways_of_the_silos_that_are_active()
    {
        await using var database = await OpenAsync();
        var table = await TableAsync(database);
        await table.InsertRow(Entry(1, SiloStatus.Active), (await table.ReadAll()).Version.Next());
        await table.InsertRow(Entry(2, SiloStatus.Dead), (await table.ReadAll()).Version.Next());
        IGatewayListProvider gateways = new PostgresGateways(database, Cluster("sluice"), Options.Create(new GatewayOptions()));
        (await gateways.GetGateways()).ShouldHaveSingleItem().ToString().ShouldBe("gwy.tcp://127.0.0.1:30001/7");
    }

    private static async Task<MembershipDatabase> OpenAsync()
    {
        var connection = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(connection);
        await using var schema = source.CreateCommand(Schema());
        await schema.ExecuteNonQueryAsync();
        return MembershipDatabase.Of(connection);
    }

    private static string Schema()
    {
        using var reader = new StreamReader(typeof(Storage.Postgres.PostgresSessionStore).Assembly.GetManifestResourceStream("Postgres/0004.sql")!);
        return reader.ReadToEnd();
    }

    private static async Task<PostgresMembershipTable> TableAsync(MembershipDatabase database, string cluster = "sluice")
    {
        var table = new PostgresMembershipTable(database, Cluster(cluster));
        await table.InitializeMembershipTable(tryInitTableVersion: true);
        return table;
    }

    private static IOptions<ClusterOptions> Cluster(string name) => Options.Create(new ClusterOptions { ClusterId = name, ServiceId = name });

    private static SiloAddress Address(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11_000 + number), 7);

    private static MembershipEntry Entry(int number, SiloStatus status) => new()
    {
        SiloAddress = Address(number),
        Status = status,
        ProxyPort = 30_000 + number,
        HostName = "host",
        SiloName = $"silo {number}",
        StartTime = Start,
        IAmAliveTime = Start,
    };
}
