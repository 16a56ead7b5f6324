using System.Collections;
using System.Globalization;

namespace Sluice.Api.Observability;

/// <summary>
/// One request and its answer, for the log. Of the URL only the path: a query may carry what a person wrote. A gRPC call has a status of its own, which tells more than HTTP's.
/// </summary>
internal sealed record RequestLine(string Method, string Path, string Protocol, int Status, string? RpcStatus, TimeSpan Duration, string? UserAgent, string? RemoteAddress)
    : IReadOnlyList<KeyValuePair<string, object?>>
{
    public int Count => 0;

    /// <summary>No values besides: each format writes a request in its own way.</summary>
    public KeyValuePair<string, object?> this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Enumerable.Empty<KeyValuePair<string, object?>>().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Method} {Path} {RpcStatus ?? Status.ToString(CultureInfo.InvariantCulture)} in {Duration.TotalMilliseconds:0.0} ms");
}
