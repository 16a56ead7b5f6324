using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sluice.Core.Callers;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;

namespace Sluice.TestKit;

/// <summary>Requests, and what readers read, in few words.</summary>
public static class Turns
{
    public static TurnRequest Request(
        string text,
        string session = "s1",
        string tenant = "local",
        BusyPolicy onBusy = BusyPolicy.Queue,
        string? key = null,
        string? user = null,
        TimeSpan? grace = null,
        bool beginsSession = false) => new()
        {
            Caller = new Caller(new TenantId(tenant), "tester"),
            Session = SessionId.Parse(session),
            BeginsSession = beginsSession,
            Input = TurnInput.OfText(JsonSerializer.SerializeToUtf8Bytes(text)),
            Delivery = Delivery.Streamed,
            OnBusy = onBusy,
            UserId = user,
            IdempotencyKey = key,
            Fingerprint = key is null ? null : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            Grace = grace,
        };

    public static SessionKey Key(string session = "s1", string tenant = "local") => new(new TenantId(tenant), SessionId.Parse(session));

    /// <summary>Reads until the end, or until the turn has moved, or until <paramref name="count"/> events; fails after ten seconds.</summary>
    public static async Task<List<TurnEvent>> ReadAsync(this ITurnReader reader, int count = int.MaxValue)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var all = new List<TurnEvent>();
        var some = new TurnEvent[4];
        while (all.Count < count)
        {
            var read = reader.Read(some.AsSpan(0, Math.Min(some.Length, count - all.Count)));
            all.AddRange(some.AsSpan(0, read));
            if (read == 0 && await reader.WaitAsync(timeout.Token) is ReadSignal.Ended or ReadSignal.Moved)
            {
                break;
            }
        }

        return all;
    }

    /// <summary>Returns when the reader knows how its turn ended, however far it has read: all there is has come to it. Fails after ten seconds.</summary>
    public static async Task EndKnownAsync(this ITurnReader reader)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (reader.End is null)
        {
            timeout.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>An event as a word: <c>started</c>, <c>"text"</c>, <c>completed</c>, <c>failed</c>, <c>gap</c> …</summary>
    public static string Word(this TurnEvent e) => e.Kind switch
    {
        TurnEventKind.Started => "started",
        TurnEventKind.Delta => Encoding.UTF8.GetString(e.Text.Span),
        TurnEventKind.Gap => "gap",
        _ => Core.Telemetry.OutcomeOf(e.End!.State),
    };

    public static string Words(this IEnumerable<TurnEvent> events) => string.Join(' ', events.Select(Word));
}
