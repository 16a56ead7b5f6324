using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sluice.Api.Requests;

namespace Sluice.Api.Batches;

/// <summary>
/// One item of a batch as a request of its own: what belongs to the connection or the caller is the batch's, the body and the answer are the item's. So it goes through the
/// same code as a request that came alone, and means the same there.
/// </summary>
internal sealed class ItemExchange
{
    // Of the body, or of a request that is another's.
    private static readonly string[] NotOfItems =
        ["Accept-Encoding", "Content-Encoding", "Transfer-Encoding", "Expect", IdempotencyKey.Header, ResumePoint.Header];

    // About the body as it is sent, which is the batch's.
    private static readonly HashSet<string> NotTold = new(StringComparer.OrdinalIgnoreCase) { "Content-Type", "Content-Length", "Cache-Control", "Vary" };

    private readonly MemoryStream _body = new();
    private readonly HttpResponseFeature _response = new();

    /// <param name="batch">The request it came in.</param>
    /// <param name="path">Of the endpoint it is for.</param>
    /// <param name="item">Where it stands.</param>
    /// <param name="body">What it says.</param>
    /// <param name="key">Its Idempotency-Key, unless it says one itself; null: none.</param>
    public ItemExchange(HttpContext batch, string path, BatchItem item, ReadOnlyMemory<byte> body, string? key)
    {
        var features = new FeatureCollection(batch.Features);
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Method = HttpMethods.Post,
            Path = path,
            Protocol = batch.Request.Protocol,
            Scheme = batch.Request.Scheme,
            QueryString = batch.Request.QueryString.Value ?? "",
            Headers = HeadersOf(batch.Request, body.Length, key),
        });
        features.Set<IRequestBodyPipeFeature>(new BodyPipe(PipeReader.Create(new ReadOnlySequence<byte>(body))));
        features.Set<IHttpResponseFeature>(_response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_body));

        // Items run side by side, and this is no place for two.
        features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(batch.Items) });
        features.Set(item);
        Context = new DefaultHttpContext(features);
    }

    public HttpContext Context { get; }

    public int Status => _response.StatusCode;

    public ReadOnlyMemory<byte> Body => _body.GetBuffer().AsMemory(0, (int)_body.Length);

    /// <summary>What the answer's headers say of the turn.</summary>
    public IEnumerable<KeyValuePair<string, StringValues>> Headers => _response.Headers.Where(header => !NotTold.Contains(header.Key));

    /// <summary>Takes back the body that was written, for another.</summary>
    public void DropBody() => _body.SetLength(0);

    private static HeaderDictionary HeadersOf(HttpRequest batch, int length, string? key)
    {
        var headers = new HeaderDictionary(batch.Headers.Count + 1);
        foreach (var header in batch.Headers)
        {
            headers[header.Key] = header.Value;
        }

        foreach (var name in NotOfItems)
        {
            headers.Remove(name);
        }

        headers.ContentLength = length;
        if (key is not null)
        {
            headers[IdempotencyKey.Header] = key;
        }

        return headers;
    }

    private sealed record BodyPipe(PipeReader Reader) : IRequestBodyPipeFeature;
}
