using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

internal enum LogFormat
{
    /// <summary>Text on a terminal, JSON elsewhere.</summary>
    Auto,
    Json,
    Text,
}

/// <summary>Which requests get a line in the log.</summary>
internal enum RequestLogging
{
    Off,
    Errors,
    All,
}

/// <summary>What is written to standard output; levels are set under <c>Logging:LogLevel</c>, as everywhere in .NET.</summary>
internal sealed record LoggingOptions
{
    public static readonly SettingSection Section = new("Logging", "Standard output (levels: Logging:LogLevel, as everywhere in .NET)");

    private static readonly Setting<LogFormat> FormatSetting = Section.Add(
        "Format", Choice<LogFormat>(), LogFormat.Auto,
        "json: one object a line, as Cloud Logging reads it. text: for people. auto: text on a terminal, else json.");

    // Cloud Run and every load balancer already log each request; what they cannot tell is which trace a failure belongs to.
    private static readonly Setting<RequestLogging> RequestsSetting = Section.Add(
        "Requests", Choice<RequestLogging>(), RequestLogging.Errors,
        "Requests that get a line: none, those answered with 5xx, or all.");

    public required LogFormat Format { get; init; }

    public required RequestLogging Requests { get; init; }

    /// <summary>One object a line, and not text for people.</summary>
    public bool WritesJson => Format switch
    {
        LogFormat.Json => true,
        LogFormat.Text => false,
        _ => Console.IsOutputRedirected,
    };

    public static LoggingOptions Read(SettingReader settings) => new()
    {
        Format = settings.Get(FormatSetting),
        Requests = settings.Get(RequestsSetting),
    };
}
