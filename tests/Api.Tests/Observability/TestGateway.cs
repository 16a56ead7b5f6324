using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Api.Endpoints;
using Sluice.Api.Hosting;
using Sluice.Api.Observability;
using Sluice.Api.Tests.Configuration;
using Sluice.Core.Engines;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Observability;

/// <summary>The gateway on a port of its own in this process, with an engine that does what the test says, and its log kept.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestGateway(WebApplication app, KeptLog log)
    {
        _app = app;
        Log = log;
        Client = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
    }

    public HttpClient Client { get; }

    public KeptLog Log { get; }

    public Uri Address => new(_app.Urls.First());

    /// <param name="engine">Null: one that answers each turn at once.</param>
    /// <param name="also">Middleware behind the gateway's own.</param>
    /// <param name="environment">Each as <c>NAME=value</c>.</param>
    public static async Task<TestGateway> StartAsync(IEngine? engine = null, Action<WebApplication>? also = null, params string[] environment)
    {
        var start = Reading.With(["--environment", "Test"], ["PORT=0", "Sluice__Logging__Format=json", .. environment]);
        var (builder, options) = (start.Start.Builder, start.Options);
        var log = new KeptLog();
        builder.AddListening(options.Listening, options.Metrics);
        builder.AddObservability(options);
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.Services.AddEngines(options.Engine, options.Cache, options.Resilience);
        builder.Services.AddSingleton(engine ?? new ScriptedEngine { Script = static (_, _) => new(new EngineOutcome { Answer = AnswerShape.Events }) });
        builder.Services.AddSessions(options);
        builder.Services.AddSingleton(options.Http).AddSingleton(options.Card).AddHttpSurface();
        var app = builder.Build();
        app.UseObservability();
        also?.Invoke(app);
        app.MapHttpSurface();
        await app.StartAsync();
        var gateway = new TestGateway(app, log);
        gateway.Client.BaseAddress = new UriBuilder(gateway.Address) { Host = "127.0.0.1" }.Uri;
        return gateway;
    }

    public Task<HttpResponseMessage> InvokeAsync(string text, string path = "/invoke") =>
        Client.PostAsync(path, new StringContent($$"""{"text":"{{text}}"}""", System.Text.Encoding.UTF8, "application/json"));

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>Keeps every line.</summary>
internal sealed class KeptLog : ILoggerProvider
{
    public ConcurrentQueue<(LogLevel Level, string Event, string Message, Exception? Exception)> Lines { get; } = new();

    public ConcurrentQueue<RequestLine> Requests { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose()
    {
    }

    private sealed class Logger(KeptLog log) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log.Lines.Enqueue((logLevel, eventId.Name ?? "", formatter(state, exception), exception));
            if (state is RequestLine request)
            {
                log.Requests.Enqueue(request);
            }
        }
    }
}
