using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>What Prometheus may ask for, and where.</summary>
internal sealed record MetricsOptions
{
    public static readonly SettingSection Section = new("Metrics", "Metrics for Prometheus");

    private static readonly Setting<bool> EnabledSetting = Section.Add(
        "Enabled", Switch, true,
        "Add up what is measured, and answer /metrics.");

    private static readonly Setting<int> PortSetting = Section.Add(
        "Port", Count(0, 65_535), 0,
        "Port that answers /metrics and nothing else, to everyone who can reach it: on loopback in Development, else on every address; keep it inside the pod or the network. "
            + "0: none, and then /metrics is answered at the gateway's own port, to connections from this machine that no proxy has forwarded.");

    private static readonly Setting<int> SeriesPerMetricSetting = Section.Add(
        "SeriesPerMetric", Count(16, 100_000), 2_000,
        "Series that one metric may have. At the bound, what is new is measured together, labelled otel_metric_overflow=\"true\".");

    public required bool Enabled { get; init; }

    /// <summary>0: none of its own.</summary>
    public required int Port { get; init; }

    public required int SeriesPerMetric { get; init; }

    public static MetricsOptions Read(SettingReader settings, ListeningOptions listening)
    {
        var options = new MetricsOptions
        {
            Enabled = settings.Get(EnabledSetting),
            Port = settings.Get(PortSetting),
            SeriesPerMetric = settings.Get(SeriesPerMetricSetting),
        };
        if (options.Port != 0 && options.Port == listening.Port)
        {
            settings.Refuse(PortSetting, $"{options.Port} is the gateway's own port, which everyone reaches");
        }

        return options;
    }
}
