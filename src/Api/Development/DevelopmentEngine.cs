using Sluice.Api.Configuration;
using Sluice.Emulator;
using Sluice.Vertex;

namespace Sluice.Api.Development;

/// <summary>
/// In Development, when no engine is configured: the emulator in this process, so that one command starts something that answers. Never elsewhere, and never
/// unnoticed.
/// </summary>
internal sealed partial class DevelopmentEngine : IAsyncDisposable
{
    private readonly EmulatorHost? _emulator;

    private DevelopmentEngine(EngineOptions options, EmulatorHost? emulator) => (Options, _emulator) = (options, emulator);

    /// <summary>The options as they were, or pointing at the emulator.</summary>
    public EngineOptions Options { get; }

    /// <param name="options">What is configured.</param>
    /// <param name="environment">Development, or not.</param>
    /// <param name="notice">Takes the banner: not standard output, which may be a log of JSON lines.</param>
    public static async Task<DevelopmentEngine> StartAsync(GatewayOptions options, IHostEnvironment environment, TextWriter notice)
    {
        // With an endpoint but no name something is configured, and not finished: that is said, not covered up.
        var engine = options.Engine;
        if (engine is not { Name: null, Endpoint: null } || !options.Hosting.Emulator || !environment.IsDevelopment())
        {
            return new DevelopmentEngine(engine, emulator: null);
        }

        var emulator = await EmulatorHost.StartAsync(new EmulatorOptions { Answer = new AnswerOptions { Gap = TimeSpan.FromMilliseconds(40) } });
        var name = emulator.EngineName("adk");
        await notice.WriteLineAsync($"""

            ************************************************************************
            **  NO ENGINE IS CONFIGURED: this gateway answers from an EMULATOR.   **
            **  Nothing here comes from Vertex AI. Set AGENT_ENGINE_NAME for it.  **
            ************************************************************************
            emulator  {emulator.Address}  {name}

            """);
        var inEmulator = new EngineRegionOptions(EngineName.Parse(name), new Uri(emulator.Address.GetLeftPart(UriPartial.Authority)));
        return new DevelopmentEngine(
            engine with { Engines = [new NamedEngineOptions(NamedEngineOptions.Default, [inEmulator]) { Dialect = engine.Dialect, Fallbacks = engine.Fallbacks }] },
            emulator);
    }

    /// <summary>The same in the log, which may be all that is kept.</summary>
    public void Announce(ILogger log)
    {
        if (_emulator is not null)
        {
            EmulatorAnswers(log, _emulator.Address);
        }
    }

    public ValueTask DisposeAsync() => _emulator?.DisposeAsync() ?? ValueTask.CompletedTask;

    [LoggerMessage(20, LogLevel.Warning, "No engine is configured: an emulator answers, at {Address}")]
    private static partial void EmulatorAnswers(ILogger log, Uri address);
}
