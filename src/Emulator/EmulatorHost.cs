using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Hosting;
using Sluice.Emulator.Identity;
using Sluice.Emulator.Memories;
using Sluice.Emulator.Sessions;

namespace Sluice.Emulator;

/// <summary>An Agent Engine that runs in this process, on real Kestrel.</summary>
public sealed class EmulatorHost : IAsyncDisposable
{
    private readonly Backend _backend;
    private WebApplication? _app;

    private EmulatorHost(EmulatorOptions options)
    {
        _backend = new Backend(options);
        Address = new Uri("http://127.0.0.1/");
    }

    /// <summary>Where the API answers: <c>http://127.0.0.1:port/</c>.</summary>
    public Uri Address { get; private set; }

    /// <summary>Where the same API answers over HTTP/2 without TLS; null unless <see cref="EmulatorOptions.Http2Port"/> was set.</summary>
    public Uri? Http2Address { get; private set; }

    /// <summary>The metadata server, on the same port; <see cref="MetadataHost"/> is what GCE_METADATA_HOST takes.</summary>
    public Uri MetadataAddress => Address;

    /// <summary>The metadata server as <c>host:port</c>.</summary>
    public string MetadataHost => Address.Authority;

    public EmulatorControl Control => _backend.Control;

    public EmulatorOptions Options => _backend.Options;

    /// <summary>The resource name of an engine of this emulator's project.</summary>
    public string EngineName(string id, string location = "us-central1") =>
        $"projects/{Options.ProjectNumber}/locations/{location}/reasoningEngines/{id}";

    /// <summary>Starts an emulator; it listens when this completes.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<EmulatorHost> StartAsync(EmulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var host = new EmulatorHost(options ?? new EmulatorOptions());
        try
        {
            await host.ListenAsync(host.Options.Port, host.Options.Http2Port, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Signs an identity token as Google's metadata server would: for callers of whatever verifies them with <c>/oauth2/v3/certs</c>.</summary>
    /// <param name="audience">Whom it is for.</param>
    /// <param name="email">Who it speaks of.</param>
    public string IdentityToken(string audience, string email) => _backend.Tokens.IdentityToken(audience, email, TokenMint.SubjectOf(email));

    /// <summary>Signs any claims with the same key: for tokens that are wrong in one place.</summary>
    /// <param name="claims">The payload, a JSON object.</param>
    /// <exception cref="ArgumentException">It is not one.</exception>
    public string SignToken(string claims) =>
        _backend.Tokens.Sign(Prompt.Parse(claims) ?? throw new ArgumentException("Claims are a JSON object.", nameof(claims)));

    /// <summary>Cuts what is running and closes the port: connections are refused until <see cref="ResumeAsync"/>. Nothing is forgotten.</summary>
    public async Task SuspendAsync()
    {
        if (_app is not { } app) return;
        _app = null;
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    /// <summary>Listens again, on the same port.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken = default) =>
        _app is null ? ListenAsync(Address.Port, Http2Address?.Port, cancellationToken) : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await SuspendAsync();
        _backend.Dispose();
    }

    private async Task ListenAsync(int port, int? http2Port, CancellationToken cancellationToken)
    {
        _app = Build(port, http2Port);
        await _app.StartAsync(cancellationToken);
        var bound = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .Select(a => new UriBuilder(a) { Host = "127.0.0.1" }.Uri).ToList();
        Address = bound[0];
        Http2Address = bound.ElementAtOrDefault(1);
    }

    private WebApplication Build(int port, int? http2Port)
    {
        // Empty: an emulator inside another process must not pick up that process's urls, configuration or signals.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, SilentLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        if (Options.Logs is { } logs) builder.Logging.AddProvider(logs).SetMinimumLevel(LogLevel.Warning);
        builder.WebHost.UseKestrelCore().UseSockets(sockets =>
        {
            // A flush completes when the socket has taken the bytes, so "n events, then a reset" is exactly that.
            sockets.MaxWriteBufferSize = 1;
        });
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            Listen(kestrel, port, HttpProtocols.Http1);
            if (http2Port is { } second) Listen(kestrel, second, HttpProtocols.Http2);
        });

        var app = builder.Build();
        var pipeline = new CallPipeline(_backend, app.Lifetime.ApplicationStopping);
        app.UseRouting();
        app.MapEngines(pipeline);
        app.MapSessions(pipeline);
        app.MapMemories(pipeline);
        app.MapOperations(pipeline);
        app.MapMetadata(pipeline, Options);
        app.MapOAuth(pipeline);
        app.MapControl(Control);
        return app;
    }

    private void Listen(KestrelServerOptions kestrel, int port, HttpProtocols protocols) =>
        kestrel.Listen(Options.AnyInterface ? IPAddress.Any : IPAddress.Loopback, port, endpoint =>
        {
            endpoint.Protocols = protocols;
            endpoint.Use(next => async connection =>
            {
                Control.Board.ConnectionOpened();
                try
                {
                    await next(connection);
                }
                finally
                {
                    Control.Board.ConnectionClosed();
                }
            });
        });
}
