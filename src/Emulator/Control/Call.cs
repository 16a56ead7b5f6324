using System.Security.Cryptography;
using System.Text;

namespace Sluice.Emulator.Control;

/// <summary>A call being served. Every change is made through the log, which tells whoever waits for it.</summary>
internal sealed class Call
{
    private readonly CallLog _log;
    private CallRecord _record;
    private int _eventsSent;

    public Call(CallLog log, long number, string verb, HttpContext http, DateTimeOffset now)
    {
        _log = log;
        var request = http.Request;
        var authorization = request.Headers.Authorization.ToString();
        var token = authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization[7..].Trim() : "";
        _record = new CallRecord
        {
            Number = number,
            Verb = verb,
            Method = request.Method,
            Path = request.Path,
            QueryString = request.QueryString.Value ?? "",
            Protocol = request.Protocol,
            Engine = request.RouteValues["engine"] as string,
            SessionId = request.RouteValues["session"] as string,
            StartedAt = now,
            Accept = Header(request, "Accept"),
            Traceparent = Header(request, "traceparent"),
            CloudTraceContext = Header(request, "X-Cloud-Trace-Context"),
            UserProject = Header(request, "x-goog-user-project"),
            HasBearer = token.Length > 0,
            BearerHash = token.Length > 0 ? HashOf(token) : null,
        };
    }

    public string Verb => _record.Verb;

    public string? Engine => _record.Engine;

    public string? ClassMethod => _record.ClassMethod;

    public string? Message => _record.Message;

    public bool HasBearer => _record.HasBearer;

    public string? BearerHash => _record.BearerHash;

    public CallOutcome Outcome => _record.Outcome;

    public int EventsSent => Volatile.Read(ref _eventsSent);

    public CallRecord Snapshot() => _record with { EventsSent = EventsSent };

    public void Change(Func<CallRecord, CallRecord> change) => _log.Change(this, () => _record = change(_record));

    // Counted apart from the record: two thousand paced streams should not copy it for every token.
    public void EventSent()
    {
        Interlocked.Increment(ref _eventsSent);
        _log.Touch(this);
    }

    public static string HashOf(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))[..16];

    private static string? Header(HttpRequest request, string name) => request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;
}
