using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Sluice.Vertex.Tests.Stub;

/// <summary>A real server on loopback that answers as a test says, and remembers what it was asked.</summary>
internal sealed class StubEngine : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _connections;

    private StubEngine(WebApplication app) => _app = app;

    public delegate Task Handler(HttpContext context, SeenRequest request);

    public ConcurrentQueue<SeenRequest> Seen { get; } = new();

    public int Connections => _connections;

    public Uri Url => new(_app.Urls.Single());

    public IEnumerable<SeenRequest> Posts => Seen.Where(seen => seen.Method == "POST");

    public static async Task<StubEngine> StartAsync(Handler handler, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        StubEngine stub = null!;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options =>
        {
            options.Use(next => connection =>
            {
                Interlocked.Increment(ref stub._connections);
                return next(connection);
            });
            listen?.Invoke(options);
        }));
        if (listen is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        stub = new StubEngine(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var seen = new SeenRequest(
                context.Request.Method,
                context.Request.Path,
                context.Request.Protocol,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                await reader.ReadToEndAsync());
            stub.Seen.Enqueue(seen);
            await handler(context, seen);
        });
        await app.StartAsync();
        return stub;
    }

    /// <summary>Answers <c>:query</c> and <c>:streamQuery</c> alike; has no list of methods.</summary>
    public static Task<StubEngine> StartAsync(int status, string body) => StartAsync((context, seen) =>
        seen.Method == "GET" ? NotFound(context) : Answer(context, status, body));

    public static Task Answer(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body);
    }

    public static Task NotFound(HttpContext context) => Answer(context, 404, """{"error":{"code":404,"message":"no","status":"NOT_FOUND"}}""");

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

internal sealed record SeenRequest(string Method, string Path, string Protocol, Dictionary<string, string> Headers, string Body);
