using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Sluice.Rollout.Tests.Gateways;

namespace Sluice.Rollout.Tests.Cloud;

/// <summary>
/// Cloud Run's front end on loopback: the service's URL, behind which requests are distributed as the traffic is, and every tag's; both only for who has a token for the
/// service. Beside them a path for the stand-in of gcloud.
/// </summary>
internal sealed class Front : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<(string Revision, bool AtTag, string Path), int> _visits = new();
    private readonly HttpClient _forwarding = new();
    private int _requests = -1;

    private Front(WebApplication app) => _app = app;

    public CloudRun Cloud { get; private set; } = null!;

    public FakeGcloud Gcloud { get; private set; } = null!;

    public Uri Address => new(_app.Urls.Single());

    /// <summary>What is wrong with the answer to a request.</summary>
    public Func<Visit, Fault> Fault { get; set; } = static _ => Gateways.Fault.None;

    /// <summary>Real gateways, by the revision that they are.</summary>
    public Dictionary<string, Uri> Real { get; } = [];

    /// <param name="serving">The revision that has all traffic; <c>null</c> where there is no service yet.</param>
    public static async Task<Front> StartAsync(string? serving)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var front = new Front(app);
        app.MapPost("/gcloud", front.GcloudAsync);
        app.Map("/tag/{tag}/{**path}", (HttpContext context, string tag, string path) =>
            front.VisitAsync(context, front.Cloud.Tags[tag], atTag: true, $"/{path}"));
        app.Map("/{**path}", (HttpContext context, string path) => front.VisitAsync(context, front.NextRevision(), atTag: false, $"/{path}"));
        await app.StartAsync();
        front.Cloud = serving is null ? new CloudRun("gateway", front.Address) : CloudRun.Serving("gateway", front.Address, serving);
        front.Gcloud = new FakeGcloud(front.Cloud);
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        _forwarding.Dispose();
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    // Without chance: of any ten requests, one goes where a tenth of the traffic goes.
    private string NextRevision()
    {
        var slot = Interlocked.Increment(ref _requests) * 37 % 100;
        foreach (var target in Cloud.Traffic.Split(',').Select(target => target.Split('=')))
        {
            slot -= int.Parse(target[1], System.Globalization.CultureInfo.InvariantCulture);
            if (slot < 0)
            {
                return target[0];
            }
        }

        throw new InvalidOperationException($"{Cloud.Traffic} is not all of the traffic.");
    }

    private async Task VisitAsync(HttpContext context, string revision, bool atTag, string path)
    {
        if (context.Request.Headers["X-Serverless-Authorization"] != $"Bearer token-for-{Cloud.ServiceUrl.GetLeftPart(UriPartial.Authority)}")
        {
            context.Response.StatusCode = 403;
            return;
        }

        var number = _visits.AddOrUpdate((revision, atTag, path), 0, static (_, number) => number + 1);
        var visit = new Visit(revision, Cloud.PercentOf(revision), atTag, path, number);
        await (Real.TryGetValue(revision, out var real) ? ForwardAsync(context, new Uri(real, path)) : ScriptedGateway.AnswerAsync(context, visit, Fault(visit)));
    }

    private async Task ForwardAsync(HttpContext context, Uri target)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (context.Request.Method == HttpMethods.Post)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        using var answer = await _forwarding.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private async Task GcloudAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var arguments = (await reader.ReadToEndAsync(context.RequestAborted)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var (code, complaint, output) = await TriedAsync(arguments, context.RequestAborted);
        await context.Response.WriteAsync($"{code}\n{complaint}\n{output}", context.RequestAborted);
    }

    private async Task<(int Code, string Complaint, string Output)> TriedAsync(string[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return (0, "", await Gcloud.RunAsync(arguments, cancellationToken));
        }
        catch (GcloudException failure)
        {
            return (failure.Code, $"ERROR: (gcloud) {failure.Message}", "");
        }
        catch (Exception mistake) when (mistake is not OperationCanceledException)
        {
            // The script sees a failure of gcloud; who reads the test's output sees whose it was.
            return (99, $"the stand-in of gcloud failed: {mistake.ToString().ReplaceLineEndings(" ")}", "");
        }
    }
}
