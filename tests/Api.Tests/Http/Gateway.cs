using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Api.Configuration;
using Sluice.Api.Endpoints;
using Sluice.Api.Hosting;
using Sluice.Api.Rpc;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Sessions;
using Sluice.Core.Time;
using Sluice.TestKit;

namespace Sluice.Api.Tests.Http;

/// <summary>A surface of the gateway, HTTP if nothing else is said, on a real Kestrel, in front of sessions in memory or elsewhere, an engine a test writes the lines for, and a clock a test moves.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private static readonly ActivityListener Listener = Listen();

    private readonly WebApplication _app;
    private readonly ErrorLog _errors = new();

    private Gateway(WebApplication app, ScriptedEngine engine, ManualTime time, ISessionHost host, ErrorLog errors)
    {
        (_app, Engine, Time, Host, _errors) = (app, engine, time, host, errors);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Client = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None })
        {
            BaseAddress = Address,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    public ScriptedEngine Engine { get; }

    public ManualTime Time { get; }

    public ISessionHost Host { get; }

    public HttpClient Client { get; }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<Gateway> StartAsync(
        HttpSurfaceOptions? options = null,
        ScriptedEngine? engine = null,
        SessionLimits? limits = null,
        Action<IServiceCollection>? configure = null,
        Func<IEngine, SessionLimits, Pulse, ISessionHost>? host = null,
        GrpcOptions? grpc = null)
    {
        _ = Listener;
        engine ??= new ScriptedEngine();
        var errors = new ErrorLog();
        var time = new ManualTime();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(errors);
        var pulse = new Pulse(time);
        builder.Services.AddSingleton(pulse);
        host ??= static (engine, limits, pulse) => new EmbeddedSessionHost(engine, limits, pulse, new RecordingObserver());
        var sessions = host(engine, limits ?? new SessionLimits(), pulse);
        builder.Services.AddSingleton(sessions);
        if (options is not null)
        {
            builder.Services.AddSingleton(options);
        }

        configure?.Invoke(builder.Services);
        if (grpc is not null)
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
            builder.Services.AddRpcSurface(grpc);
        }
        else
        {
            builder.Services.AddHttpSurface();
        }

        var app = builder.Build();
        app.MapSurface(grpc is null ? Role.Http : Role.Grpc);
        await app.StartAsync();
        return new Gateway(app, engine, time, sessions, errors);
    }

    /// <summary>An engine that gives each call the same end at once.</summary>
    public static ScriptedEngine Always(Func<ScriptedCall, EngineOutcome> script) => new() { Script = (call, _) => ValueTask.FromResult(script(call)) };

    public Task<HttpResponseMessage> PostAsync(string path, string json, params ReadOnlySpan<(string Name, string Value)> headers) =>
        SendAsync(HttpMethod.Post, path, json, headers);

    public Task<HttpResponseMessage> GetAsync(string path, params ReadOnlySpan<(string Name, string Value)> headers) =>
        SendAsync(HttpMethod.Get, path, json: null, headers);

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        string path,
        string? json = null,
        params ReadOnlySpan<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Moves the clock until <paramref name="waited"/> has happened; fails after ten real seconds.</summary>
    public async Task<T> AdvanceUntilAsync<T>(Task<T> waited, TimeSpan step)
    {
        var patience = Stopwatch.StartNew();
        while (!waited.IsCompleted)
        {
            patience.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
            Time.Advance(step);
            await Task.Yield();
        }

        return await waited;
    }

    /// <summary>The errors in the log so far, which a test has looked for.</summary>
    public IReadOnlyList<string> TakeErrors()
    {
        var taken = _errors.All.ToArray();
        _errors.All.Clear();
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _errors.All.ShouldBeEmpty("the gateway logged errors");
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                All.Enqueue($"{formatter(state, exception)} {exception}");
            }
        }

        public void Dispose()
        {
        }
    }
}
