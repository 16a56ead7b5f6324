using System.Text;
using Sluice.Core.Storage;
using Sluice.Core.Turns;
using static Sluice.TestKit.Turns;

namespace Sluice.Storage.Tests;

/// <summary>What a store is given and gives back, in few words.</summary>
internal static class StoredTurns
{
    public static DateTimeOffset Noon { get; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static AcceptedTurn Accepted(
        TurnId turn,
        string session = "s1",
        string? key = null,
        string? user = null,
        DateTimeOffset? at = null,
        TurnState state = TurnState.Running,
        long epoch = 1,
        bool first = false,
        string text = "hello") => new()
        {
            Session = Key(session),
            Turn = turn,
            State = state,
            GoesFirst = first,
            At = at ?? Noon,
            UserId = user,
            SessionCreatedAt = at ?? Noon,
            Key = key is null ? null : new IdempotencyKey("tester", key, "print"),
            Epoch = epoch,
            Request = Request(text, session, key: key, user: user),
        };

    public static HeldTurn Held(TurnId turn, string session = "s1", long epoch = 1) => new(Key(session), turn, epoch);

    public static TurnProgress Progress(TurnId turn, StoredEvents? events = null, DateTimeOffset? at = null, string session = "s1", long epoch = 1) =>
        new() { Turn = Held(turn, session, epoch), At = at ?? Noon, Events = events };

    public static StoredEnd Completed(long sequence) => new(new TurnEnd { State = TurnState.Completed, At = Noon }, sequence, Noon);

    /// <summary>Events in the encoding that stores keep, each without text.</summary>
    public static StoredEvents Events(long first, params ReadOnlySpan<string> raws)
    {
        var bytes = new List<byte>();
        foreach (var raw in raws)
        {
            for (var length = raw.Length; ; length >>= 7)
            {
                bytes.Add((byte)(length > 0x7F ? (length & 0x7F) | 0x80 : length));
                if (length <= 0x7F)
                {
                    break;
                }
            }

            bytes.Add(0);
            bytes.AddRange(Encoding.UTF8.GetBytes(raw));
        }

        return new StoredEvents(first, raws.Length, bytes.ToArray());
    }

    public static string Texts(IEnumerable<StoredEvents> batches)
    {
        var words = new List<string>();
        foreach (var batch in batches)
        {
            var bytes = batch.Bytes.Span;
            for (var sequence = batch.First; sequence <= batch.Last; sequence++)
            {
                var length = 0;
                for (var shift = 0; ; shift += 7)
                {
                    var group = bytes[0];
                    bytes = bytes[1..];
                    length |= (group & 0x7F) << shift;
                    if (group < 0x80)
                    {
                        break;
                    }
                }

                words.Add($"{sequence}:{Encoding.UTF8.GetString(bytes.Slice(1, length))}");
                bytes = bytes[(length + 1)..];
            }
        }

        return string.Join(' ', words);
    }
}
