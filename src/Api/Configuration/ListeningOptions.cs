using System.Net;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Where the gateway listens, and for how many.</summary>
internal sealed record ListeningOptions
{
    public static readonly SettingSection Section = new("Listening", "Listening");

    public static readonly Setting<Role> RoleSetting = Section.AddAtRoot(
        "Role", Choice<Role>(), Role.Http,
        "What the port speaks. http: HTTP/1.1, with server-sent events. grpc: gRPC over HTTP/2 without TLS (h2c, prior knowledge), and its health service. One process is one "
            + "of them; two that share sessions serve the same turns.");

    private static readonly Setting<int> PortSetting = Section.Add(
        "Port", Count(0, 65_535), 8080,
        "Port to listen on, 0 for any: on loopback in Development and where callers are not told apart unless Sluice:Auth:Mode is none, else on every address. Not looked at "
            + "when --urls or ASPNETCORE_URLS is set.",
        "PORT");

    private static readonly Setting<TimeSpan> KeepAliveTimeoutSetting = Section.Add(
        "KeepAliveTimeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)), TimeSpan.FromSeconds(620),
        "How long an idle connection is kept. Google's load balancers keep theirs 600 s and must not be the ones to find it closed.");

    private static readonly Setting<int> MaxConnectionsSetting = Section.Add(
        "MaxConnections", Count(1, 1_000_000), 20_000,
        "Connections at a time. At the bound new ones are closed.");

    private static readonly Setting<bool> InlineSchedulingSetting = Section.Add(
        "InlineScheduling", Switch, false,
        "Run requests on the threads that read the sockets: less latency when nothing blocks, stalls every connection of a thread when something does.");

    private const string HowToOpen =
        "set Sluice:Auth:Mode to required and make keys with 'sluice keys create', or to none if only those you trust can reach the gateway";

    public required Role Role { get; init; }

    public required int Port { get; init; }

    /// <summary>Callers are not told apart: only those on this machine can reach it.</summary>
    public required bool OnLoopback { get; init; }

    public required TimeSpan KeepAliveTimeout { get; init; }

    public required int MaxConnections { get; init; }

    public required bool InlineScheduling { get; init; }

    public static ListeningOptions Read(SettingReader settings, AuthOptions auth)
    {
        if (auth.IsLocal)
        {
            RefuseOthers(settings);
        }

        return new ListeningOptions
        {
            Role = settings.Get(RoleSetting),
            Port = settings.Get(PortSetting),
            OnLoopback = auth.IsLocal,
            KeepAliveTimeout = settings.Get(KeepAliveTimeoutSetting),
            MaxConnections = settings.Get(MaxConnectionsSetting),
            InlineScheduling = settings.Get(InlineSchedulingSetting),
        };
    }

    private static void RefuseOthers(SettingReader settings)
    {
        var urls = settings.Foreign(WebHostDefaults.ServerUrlsKey);
        if (urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault(IsForOthers) is { } url)
        {
            settings.Refuse(WebHostDefaults.ServerUrlsKey, $"'{url}' can be reached from other machines, and callers are not told apart: {HowToOpen}");
        }
        else if (urls is null && settings.Foreign("K_SERVICE") is not null)
        {
            // On loopback nobody would reach it there, its own startup probe included.
            settings.Refuse(AuthOptions.ModeSetting, $"has to be said on Cloud Run, where every caller comes from another machine: {HowToOpen}, as with Cloud Run's own IAM");
        }
    }

    // What cannot be read, Kestrel refuses. A name other than localhost is every address to it.
    private static bool IsForOthers(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return !address.IsUnixPipe
                && !string.Equals(address.Host, "localhost", StringComparison.OrdinalIgnoreCase)
                && !(IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
