using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Hosting;
using Sluice.Api.Observability;
using Sluice.Core.Hosts;
using Sluice.Core.Time;
using Sluice.Emulator;

namespace Sluice.Faults.Tests.Gateways;

/// <summary>The gateway as its executable composes it, in this process, in front of one engine of an emulator. No error may be in its log at the end.</summary>
internal sealed class RunningGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ErrorLog _errors;

    private RunningGateway(WebApplication app, ErrorLog errors)
    {
        (_app, _errors) = (app, errors);

        // Without a drain timeout, a response that is disposed of closes its connection, as a client that leaves does, instead of waiting for the rest.
        Client = new HttpClient(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero, ActivityHeadersPropagator = null })
        {
            BaseAddress = new UriBuilder(app.Urls.First()) { Host = IPAddress.Loopback.ToString() }.Uri,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public HttpClient Client { get; }

    public ISessionHost Sessions => _app.Services.GetRequiredService<ISessionHost>();

    public Pulse Pulse => _app.Services.GetRequiredService<Pulse>();

    /// <param name="emulator">Not stopped with the gateway.</param>
    /// <param name="engine">An engine called adk… is an ADK application, any other answers plain queries.</param>
    /// <param name="settings">Each as <c>NAME=value</c>, as in the environment.</param>
    public static async Task<RunningGateway> StartAsync(EmulatorHost emulator, string engine, params string[] settings)
    {
        string[] environment =
        [
            "PORT=0",
            $"AGENT_ENGINE_NAME={emulator.EngineName(engine)}",
            $"AGENT_ENGINE_ENDPOINT={emulator.Address.GetLeftPart(UriPartial.Authority)}",
            .. settings,
        ];
        var variables = environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        await using var refusals = new StringWriter();
        var start = Start.Prepare(["--environment", "Test"], variables, TextWriter.Null, refusals);
        start.ExitCode.ShouldBeNull(refusals.ToString());

        var app = Build(start.Builder, start.Options, out var errors);
        await app.StartAsync();
        return new RunningGateway(app, errors);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _errors.Lines.ShouldBeEmpty();
    }

    // As Program.cs does.
    private static WebApplication Build(WebApplicationBuilder builder, GatewayOptions options, out ErrorLog errors)
    {
        errors = new ErrorLog();
        builder.AddListening(options.Listening, options.Metrics);
        builder.AddObservability(options);
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.Services.AddEngines(options.Engine, options.Cache, options.Resilience);
        builder.Services.AddSessions(options);
        builder.Services.AddSingleton(options.Http).AddSingleton(options.Card).AddHttpSurface();
        var app = builder.Build();
        app.UseObservability();
        app.MapHttpSurface();
        return app;
    }
}
