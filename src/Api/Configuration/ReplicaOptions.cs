using Npgsql;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Where the sessions live.</summary>
internal enum HostKind
{
    /// <summary>In this process, which is alone.</summary>
    Embedded,

    /// <summary>On any number of processes that share PostgreSQL.</summary>
    Replicas,
}

/// <summary>Whether this process is one of many, and where they meet.</summary>
internal sealed class ReplicaOptions
{
    public static readonly SettingSection Section = new("Replicas", "Many nodes that share PostgreSQL");

    private static readonly Setting<HostKind> HostSetting = Section.AddAtRoot(
        "Host", Choice<HostKind>(), HostKind.Embedded,
        "embedded: this gateway is alone, its sessions in memory or under Sluice:Data. replicas: any number of gateways share the sessions in PostgreSQL, and each "
            + "serves any of them; needs ConnectionStrings:Postgres.");

    private static readonly Setting<string?> PostgresSetting = Section.AddConnectionString(
        "Postgres",
        Text("a connection string such as Host=db;Database=sluice;Username=sluice;Password=...", 4096, IsConnectionString), null,
        "The database of the replicas, in Npgsql's words. A direct connection to the primary: sessions are locked on it, which a pooler that shares connections between "
            + "transactions breaks. Never written anywhere, and not taken from the command line.");

    private static readonly Setting<TimeSpan> LeaseSetting = Section.Add(
        "Lease", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)), TimeSpan.FromSeconds(5),
        "How long a node that cannot be seen by PostgreSQL any more keeps its sessions; then others take them over. Shorter finds dead nodes sooner, longer forgives "
            + "slow networks and paused machines.");

    public required HostKind Host { get; init; }

    /// <summary>A secret. Null: alone.</summary>
    public required string? ConnectionString { get; init; }

    public required TimeSpan Lease { get; init; }

    /// <summary>The database without its secrets, for a person.</summary>
    public string Where
    {
        get
        {
            var database = new NpgsqlConnectionStringBuilder(ConnectionString);
            return $"the PostgreSQL database {database.Database ?? database.Username} on {database.Host}:{database.Port}";
        }
    }

    public static ReplicaOptions Read(SettingReader settings)
    {
        var options = new ReplicaOptions
        {
            Host = settings.Get(HostSetting),
            ConnectionString = settings.Get(PostgresSetting),
            Lease = settings.Get(LeaseSetting),
        };
        if (options.Host == HostKind.Replicas)
        {
            if (!settings.IsSet(PostgresSetting))
            {
                settings.Refuse(PostgresSetting, $"is needed with {HostSetting.Key} replicas: set {PostgresSetting.Variables[0]} to {PostgresSetting.Form}");
            }

            if (settings.IsSet(StorageOptions.DataSetting))
            {
                settings.Refuse(StorageOptions.DataSetting, $"is for a gateway that is alone; with {HostSetting.Key} replicas everything is in PostgreSQL");
            }
        }
        else if (settings.IsSet(PostgresSetting))
        {
            // Else sessions would lie in this process alone, and whoever set it would think that they are shared.
            settings.Refuse(PostgresSetting, $"is used only with {HostSetting.Key} replicas: set that as well, or do not set this");
        }

        return options;
    }

    private static bool IsConnectionString(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text) is { Host.Length: > 0 };
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
