using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;

namespace Sluice.Silo.Membership;

/// <summary>
/// What the silos of a cluster have agreed on, in the database that they share (step 0004 of its schema). Each change carries the version that its maker has seen, and is made only if that is still
/// the newest: one statement, one row lock.
/// </summary>
internal sealed class PostgresMembershipTable(MembershipDatabase database, IOptions<ClusterOptions> cluster) : IMembershipTable
{
    private const string Agreed = "with agreed as (update silo_clusters set version = @version where cluster = @cluster and version = @seen returning 1) ";

    private string Cluster => cluster.Value.ClusterId;

    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        database.ExecuteAsync("insert into silo_clusters (cluster, version) values (@cluster, 0) on conflict do nothing", ("cluster", Cluster));

    public Task DeleteMembershipTableEntries(string clusterId) =>
        database.ExecuteAsync("delete from silo_clusters where cluster = @cluster", ("cluster", clusterId));

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => database.ExecuteAsync(
        "delete from silos where cluster = @cluster and status = @dead and alive_at < @before",
        ("cluster", Cluster), ("dead", (short)SiloStatus.Dead), ("before", beforeDate.ToUniversalTime()));

    public async Task<MembershipTableData> ReadAll() => Data(await ReadAsync("", []));

    public async Task<MembershipTableData> ReadRow(SiloAddress key) => Data(await ReadAsync(" and s.silo = @silo", [("silo", key.ToParsableString())]));

    public async Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => await ChangeAsync(
        """
        insert into silos (cluster, silo, status, gateway_port, host_name, name, started_at, alive_at, suspected_by, suspected_at)
        select @cluster, @silo, @status, @gateway_port, @host_name, @name, @started_at, @alive_at, @suspected_by, @suspected_at from agreed
        on conflict do nothing
        """,
        entry,
        tableVersion);

    public async Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => await ChangeAsync(
        """
        update silos set status = @status, gateway_port = @gateway_port, host_name = @host_name, name = @name, started_at = @started_at, alive_at = @alive_at,
            suspected_by = @suspected_by, suspected_at = @suspected_at
        from agreed where cluster = @cluster and silo = @silo
        """,
        entry,
        tableVersion);

    /// <summary>Nobody has to agree on that.</summary>
    public Task UpdateIAmAlive(MembershipEntry entry) => database.ExecuteAsync(
        "update silos set alive_at = @alive_at where cluster = @cluster and silo = @silo",
        ("cluster", Cluster), ("silo", entry.SiloAddress.ToParsableString()), ("alive_at", Utc(entry.IAmAliveTime)));

    private static DateTime Utc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);

    private static MembershipTableData Data(List<(int Version, MembershipEntry? Entry)> rows)
    {
        var version = rows is [var (newest, _), ..] ? newest : 0;
        var etag = version.ToString(CultureInfo.InvariantCulture);
        return new MembershipTableData(
            [.. rows.Select(row => row.Entry).OfType<MembershipEntry>().Select(entry => Tuple.Create(entry, etag))], new TableVersion(version, etag));
    }

    private static (int Version, MembershipEntry? Entry) Read(NpgsqlDataReader row)
    {
        var version = row.GetInt32(0);
        if (row.IsDBNull(1))
        {
            return (version, null);
        }

        var suspects = row.GetFieldValue<string[]>(8).Zip(row.GetFieldValue<DateTime[]>(9), (silo, at) => Tuple.Create(SiloAddress.FromParsableString(silo), at));
        return (version, new MembershipEntry
        {
            SiloAddress = SiloAddress.FromParsableString(row.GetString(1)),
            Status = (SiloStatus)row.GetInt16(2),
            ProxyPort = row.GetInt32(3),
            HostName = row.GetString(4),
            SiloName = row.GetString(5),
            StartTime = row.GetDateTime(6),
            IAmAliveTime = row.GetDateTime(7),
            SuspectTimes = [.. suspects],
        });
    }

    private Task<List<(int Version, MembershipEntry? Entry)>> ReadAsync(string which, (string Name, object Value)[] parameters) => database.QueryAsync(
        "select c.version, s.silo, s.status, s.gateway_port, s.host_name, s.name, s.started_at, s.alive_at, s.suspected_by, s.suspected_at "
            + $"from silo_clusters c left join silos s on s.cluster = c.cluster{which} where c.cluster = @cluster",
        Read,
        [("cluster", Cluster), .. parameters]);

    private async Task<bool> ChangeAsync(string change, MembershipEntry entry, TableVersion version)
    {
        var suspects = entry.SuspectTimes ?? [];
        return await database.ExecuteAsync(
            Agreed + change,
            ("cluster", Cluster),
            ("version", version.Version),
            ("seen", int.Parse(version.VersionEtag, CultureInfo.InvariantCulture)),
            ("silo", entry.SiloAddress.ToParsableString()),
            ("status", (short)entry.Status),
            ("gateway_port", entry.ProxyPort),
            ("host_name", entry.HostName ?? ""),
            ("name", entry.SiloName ?? ""),
            ("started_at", Utc(entry.StartTime)),
            ("alive_at", Utc(entry.IAmAliveTime)),
            ("suspected_by", suspects.Select(suspect => suspect.Item1.ToParsableString()).ToArray()),
            ("suspected_at", suspects.Select(suspect => Utc(suspect.Item2)).ToArray())) == 1;
    }
}
