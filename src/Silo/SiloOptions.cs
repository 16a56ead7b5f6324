using System.Net;
using Sluice.Api.Configuration;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Silo;

/// <summary>What this process is in its cluster.</summary>
internal enum SiloRole
{
    /// <summary>It has sessions, and serves clients.</summary>
    Silo,

    /// <summary>It serves clients; the sessions are in silos elsewhere.</summary>
    FrontEnd,
}

/// <summary>From where the dashboard may be seen. Where callers are told apart, the gate asks for the scope of operators besides.</summary>
internal enum DashboardAccess
{
    Off,

    /// <summary>From this machine.</summary>
    Loopback,

    /// <summary>From wherever one can connect.</summary>
    Anyone,
}

/// <summary>How the process is a part of a cluster.</summary>
internal sealed record SiloOptions
{
    public static readonly SettingSection Section = new("Silo", "The cluster");

    private static readonly Setting<SiloRole> RoleSetting = Section.Add(
        "Role", Choice<SiloRole>(), SiloRole.Silo,
        "silo: has sessions, and serves clients. frontend: serves clients of sessions that are in silos; needs ConnectionStrings:Postgres.");

    private static readonly Setting<string?> ClusterSetting = Section.Add(
        "Cluster", Text("a name of 1 to 64 letters, digits, - and _", 64, IsName), "sluice",
        "Name of the cluster. Processes with the same name and database are one.");

    private static readonly Setting<string?> AddressSetting = Section.Add(
        "Address", Text("an IP address", 64, text => IPAddress.TryParse(text, out _)), "127.0.0.1",
        "The address at which the other silos, and front ends, reach this one; in Kubernetes that of the pod. On another than loopback, the silo listens on all addresses: "
            + "the network must let only the cluster's own processes in, for silos ask nobody who he is.");

    private static readonly Setting<int> PortSetting = Section.Add("Port", Count(1, 65_535), 11_111, "Port for the other silos.");

    private static readonly Setting<int> GatewayPortSetting = Section.Add("GatewayPort", Count(1, 65_535), 30_000, "Port for front ends.");

    private static readonly Setting<DashboardAccess> DashboardSetting = Section.Add(
        "Dashboard", Choice<DashboardAccess>(), DashboardAccess.Off,
        "From where the Orleans dashboard may be seen, at /dashboard of a silo. It shows what the silos log: with Sluice:Auth:Mode required it needs the scope operate, else it asks "
            + "nobody who he is. loopback is for this machine and port forwarding.");

    public required SiloRole Role { get; init; }

    public required string Cluster { get; init; }

    public required IPAddress Address { get; init; }

    public required int Port { get; init; }

    public required int GatewayPort { get; init; }

    public required DashboardAccess Dashboard { get; init; }

    public static SiloOptions Read(SettingReader settings)
    {
        var options = new SiloOptions
        {
            Role = settings.Get(RoleSetting),
            Cluster = settings.Get(ClusterSetting)!,
            Address = IPAddress.Parse(settings.Get(AddressSetting)!),
            Port = settings.Get(PortSetting),
            GatewayPort = settings.Get(GatewayPortSetting),
            Dashboard = settings.Get(DashboardSetting),
        };
        if (options.Role == SiloRole.FrontEnd && options.Dashboard != DashboardAccess.Off)
        {
            settings.Refuse(DashboardSetting, $"is served by silos: unset it where {RoleSetting.Key} is frontend");
        }

        if (options.Dashboard != DashboardAccess.Off && settings.Get(ListeningOptions.RoleSetting) == Api.Configuration.Role.Grpc)
        {
            settings.Refuse(DashboardSetting, $"is for browsers, which do not speak what the port speaks: unset it where {ListeningOptions.RoleSetting.Key} is grpc");
        }

        if (options.Role == SiloRole.Silo && options.Port == options.GatewayPort)
        {
            settings.Refuse(GatewayPortSetting, $"is the same as {PortSetting.Key}: the two need a port each");
        }

        return options;
    }

    private static bool IsName(string text) => text.Length > 0 && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
}
