using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sluice.Silo.Tests.Observability;

/// <summary>Takes what is exported over OTLP and http/protobuf, and looks for what has to be in it.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly List<(string Path, byte[] Body)> _received = [];
    private TaskCompletionSource _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Collector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/{signal}", TakeAsync);
    }

    public string Address => _app.Urls.Single();

    public static async Task<Collector> StartAsync()
    {
        var collector = new Collector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>Returns when one export holds both.</summary>
    public async Task ReceivesAsync(string path, string name, byte[] what)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            Task came;
            lock (_received)
            {
                if (_received.Exists(export => export.Path == path && Holds(export.Body, name) && export.Body.AsSpan().IndexOf(what) >= 0))
                {
                    return;
                }

                came = _came.Task;
            }

            await came.WaitAsync(limit.Token);
        }
    }

    public bool HasReceived(string path, string name)
    {
        lock (_received)
        {
            return _received.Exists(export => export.Path == path && Holds(export.Body, name));
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static bool Holds(byte[] body, string name) => body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name)) >= 0;

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        lock (_received)
        {
            _received.Add((context.Request.Path, body.ToArray()));
            _came.SetResult();
            _came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
