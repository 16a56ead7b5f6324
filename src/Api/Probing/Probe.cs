using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text.Json;
using Sluice.Api.Configuration;
using Sluice.Api.Observability;

namespace Sluice.Api.Probing;

/// <summary>Asks a gateway what its callers ask, one after the other.</summary>
internal sealed class Probe : IDisposable
{
    private readonly ProbePlan _plan;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public Probe(ProbePlan plan, TimeProvider time)
    {
        (_plan, _time) = (plan, time);

        // The credentials are for this URL, and for none that it may point to.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"{plan.Url.OriginalString.TrimEnd('/')}/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var headers = _http.DefaultRequestHeaders;
        headers.UserAgent.Add(new ProductInfoHeaderValue("sluice-probe", Usage.Version.Split('+')[0]));
        headers.Authorization = plan.Token is { } token ? new AuthenticationHeaderValue("Bearer", token) : null;
        if (plan.PlatformToken is { } platform)
        {
            headers.Add("X-Serverless-Authorization", $"Bearer {platform}");
        }
    }

    public async Task<IReadOnlyList<ProbeStep>> RunAsync() =>
    [
        await AskAsync("health", HttpMethod.Get, "_health", _plan.HealthTimeout, ProbeAnswers.ReadHealthAsync),
        await AskAsync("card", HttpMethod.Get, "card", _plan.HealthTimeout, ProbeAnswers.ReadCardAsync),
        await AskAsync("invoke", HttpMethod.Post, "invoke", _plan.InvokeTimeout, ProbeAnswers.ReadAnswerAsync),
        await AskAsync("stream", HttpMethod.Post, "invoke/stream", _plan.InvokeTimeout, ProbeAnswers.ReadStreamAsync),
    ];

    public void Dispose() => _http.Dispose();

    private async Task<ProbeStep> AskAsync(string name, HttpMethod method, string path, TimeSpan timeout, ReadAnswer read)
    {
        using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? Question() : null };
        using var deadline = new CancellationTokenSource(timeout, _time);
        var asked = _time.GetTimestamp();
        var step = new ProbeStep { Name = name };
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            step = step with
            {
                Status = (int)response.StatusCode,
                TraceId = response.Headers.TryGetValues(TraceIdHeader.Name, out var trace) ? trace.First() : null,
            };
            await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(deadline.Token));
            var reading = response.IsSuccessStatusCode
                ? await read(response, body, () => _time.GetElapsedTime(asked), deadline.Token)
                : await ProbeAnswers.ReadRefusalAsync(response, body, deadline.Token);
            step = step with { Problem = reading.Problem, FirstEvent = reading.FirstEvent, Events = reading.Events };
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            step = step with { Problem = $"not done after {timeout.TotalSeconds} s" };
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException)
        {
            step = step with { Problem = broken.Message };
        }

        return step with { Took = _time.GetElapsedTime(asked) };
    }

    private ByteArrayContent Question()
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["text"] = _plan.Text });
        return new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypeNames.Application.Json) } };
    }
}
