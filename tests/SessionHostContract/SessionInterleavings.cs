using System.Collections.Concurrent;
using System.Globalization;
using Sluice.Core.Callers;
using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Contracts;

/// <summary>
/// Random interleavings of requests, readers, disconnects, cancels and engine faults never break the rules: one turn at a time, every event once and in order,
/// exactly one end, at most one engine call a turn. A failing seed is in the message.
/// </summary>
public abstract class SessionInterleavings
{
    private const int Steps = 400;

    private static readonly SessionLimits Limits = new() { QueuedTurns = 3, LogEvents = 16, LogBytes = 2048, RememberedTurns = 8, Sessions = 3 };

    protected abstract Task<IHostUnderTest> StartHostAsync(IEngine engine, SessionLimits limits, TimeProvider time, ITurnObserver observer);

    public static TheoryData<int> Seeds(int count) => [.. Enumerable.Range(1, count)];

    /// <summary>One step after the other, with a clock that stands.</summary>
    protected async Task RunStepsAsync(int seed)
    {
        var random = new Random(seed);
        var engine = new ScriptedEngine();
        var time = new ManualTime();
        var observer = new RecordingObserver();
        await using var underTest = await StartHostAsync(engine, Limits, time, observer);
        var host = underTest.Host;
        var calls = new List<ScriptedCall>();
        var readers = new List<CheckedReader>();
        var turns = new List<TurnId>();
        var emitted = 0;

        for (var step = 0; step < Steps; step++)
        {
            while (engine.TryNextCall(out var call))
            {
                calls.Add(call!);
            }

            switch (random.Next(12))
            {
                case 0 or 1 or 2:
                    var admission = await host.StartAsync(AnyRequest(random, step), AnyInterest(random), CancellationToken.None);
                    if (admission.Reader is { } opened)
                    {
                        turns.Add(opened.Turn);
                        readers.Add(new CheckedReader(opened, 0));
                    }

                    break;
                case 3 when turns.Count > 0:
                    var cursor = new Cursor(turns[random.Next(turns.Count)], random.Next(6));
                    if (await host.FollowAsync(TenantId.Local, cursor, AnyInterest(random), CancellationToken.None) is { } follower)
                    {
                        readers.Add(new CheckedReader(follower, cursor.Sequence));
                    }

                    break;
                case 4 when readers.Count > 0:
                    var leaving = random.Next(readers.Count);
                    await readers[leaving].DisposeAsync();
                    readers.RemoveAt(leaving);
                    break;
                case 5 or 6 or 7 when calls.Count > 0:
                    calls[random.Next(calls.Count)].Emit([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => $"{emitted++}")]);
                    break;
                case 8 when calls.Count > 0:
                    var ending = random.Next(calls.Count);
                    End(calls[ending], random);
                    calls.RemoveAt(ending);
                    break;
                case 9 when turns.Count > 0:
                    await host.CancelAsync(TenantId.Local, turns[random.Next(turns.Count)], CancellationToken.None);
                    break;
                case 10:
                    time.Advance(TimeSpan.FromSeconds(random.Next(1, 20)));
                    break;
                case 11 when random.Next(10) == 0:
                    await host.ForgetAsync(Key($"s{random.Next(4)}"), CancellationToken.None);
                    break;
                default:
                    foreach (var reader in readers)
                    {
                        reader.ReadSome(random);
                    }

                    break;
            }
        }

        // Let everything end: queued turns start as running ones finish.
        var drained = underTest.DrainAsync(CancellationToken.None);
        while (!drained.IsCompleted)
        {
            foreach (var call in calls)
            {
                call.Complete();
            }

            calls.Clear();
            if (engine.TryNextCall(out var next))
            {
                calls.Add(next!);
            }
            else
            {
                await Task.Yield();
            }
        }

        await drained;
        engine.Overlapped.ShouldBeFalse($"seed {seed}");
        foreach (var reader in readers)
        {
            await reader.ReadToEndAsync();
            reader.Problem.ShouldBeNull($"seed {seed}");
            await reader.DisposeAsync();
        }

        var ended = observer.EndedTurns.Select(turn => turn.Turn).ToList();
        ended.ShouldBeUnique($"seed {seed}");
        ended.Order(Comparer<TurnId>.Create((a, b) => a.Value.CompareTo(b.Value)))
            .ShouldBe(observer.AcceptedTurns.Select(t => t.Turn).Order(Comparer<TurnId>.Create((a, b) => a.Value.CompareTo(b.Value))), $"seed {seed}");
        engine.Calls.ShouldBeLessThanOrEqualTo(ended.Count, $"seed {seed}");
        observer.Defects.ShouldAllBe(defect => defect is ExpectedDefectException);
    }

    /// <summary>Many clients at once.</summary>
    protected async Task RunRaceAsync(int seed)
    {
        var ran = new ConcurrentDictionary<TurnId, int>();
        var engine = new ScriptedEngine
        {
            Script = async (call, cancellationToken) =>
            {
                var random = new Random(HashCode.Combine(seed, call.Text));
                ran.AddOrUpdate(call.Turn.Id, 1, (_, times) => times + 1);
                var emitted = 0;
                for (var i = random.Next(12); i > 0; i--)
                {
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                    call.Emit([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => $"{emitted++}")]);
                }

                return random.Next(5) switch
                {
                    0 => EngineOutcome.Failed(new EngineFault(FaultKind.CutStream, "cut")),
                    1 => throw new ExpectedDefectException(),
                    _ => new EngineOutcome { Answer = AnswerShape.Text },
                };
            },
        };
        var observer = new RecordingObserver();
        await using var underTest = await StartHostAsync(engine, Limits with { Sessions = 100 }, TimeProvider.System, observer);
        var host = underTest.Host;

        var clients = Enumerable.Range(0, 16).Select(client => Task.Run(async () =>
        {
            var random = new Random(HashCode.Combine(seed, client));
            for (var i = 0; i < 60; i++)
            {
                var admission = await host.StartAsync(AnyRequest(random, client), ReadInterest.EveryEvent, CancellationToken.None);
                if (admission.Reader is null)
                {
                    await Task.Yield();
                    continue;
                }

                var turn = admission.Reader.Turn;
                await using var reader = new CheckedReader(admission.Reader, 0);
                switch (random.Next(6))
                {
                    case 0:
                        await host.CancelAsync(TenantId.Local, turn, CancellationToken.None);
                        break;
                    case 1:
                        reader.ReadSome(random);
                        if (await host.FollowAsync(TenantId.Local, new Cursor(turn, reader.Last), ReadInterest.EveryEvent, CancellationToken.None) is { } again)
                        {
                            await using var resumed = new CheckedReader(again, reader.Last);
                            await resumed.ReadToEndAsync();
                            resumed.Problem.ShouldBeNull($"seed {seed}");
                        }

                        break;
                    case 2:
                        continue;
                }

                await reader.ReadToEndAsync();
                reader.Problem.ShouldBeNull($"seed {seed}");
            }
        }));

        await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
        await underTest.DrainAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        engine.Overlapped.ShouldBeFalse($"seed {seed}");
        ran.Values.ShouldAllBe(times => times == 1);
        observer.EndedTurns.Select(turn => turn.Turn).ShouldBeUnique($"seed {seed}");
        observer.EndedTurns.Count.ShouldBe(observer.AcceptedTurns.Count, $"seed {seed}");
    }

    private static TurnRequest AnyRequest(Random random, int step) => Request(
        text: random.Next(4) == 0 ? "same" : step.ToString(CultureInfo.InvariantCulture),
        session: $"s{random.Next(4)}",
        onBusy: (BusyPolicy)random.Next(3),
        key: random.Next(4) == 0 ? $"k{random.Next(3)}" : null,
        grace: random.Next(3) switch { 0 => null, 1 => TimeSpan.Zero, _ => TimeSpan.FromSeconds(15) });

    private static ReadInterest AnyInterest(Random random) => random.Next(4) == 0 ? ReadInterest.TheEnd : ReadInterest.EveryEvent;

    private static void End(ScriptedCall call, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                call.Fail(FaultKind.StreamError);
                break;
            case 1:
                call.Throw(new ExpectedDefectException());
                break;
            default:
                call.Complete();
                break;
        }
    }

    /// <summary>A reader that notices when an event is missing, repeated, out of order, or comes after the end.</summary>
    private sealed class CheckedReader(ITurnReader reader, long after) : IAsyncDisposable
    {
        private readonly TurnEvent[] _some = new TurnEvent[5];
        private bool _ended;
        private bool _readAny;
        private int _number = -1;

        public long Last { get; private set; } = after;

        public string? Problem { get; private set; }

        public void ReadSome(Random random)
        {
            foreach (var e in _some.AsSpan(0, reader.Read(_some.AsSpan(0, random.Next(1, _some.Length)))))
            {
                Check(e);
            }
        }

        public async Task ReadToEndAsync()
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            do
            {
                int read;
                while ((read = reader.Read(_some)) > 0)
                {
                    for (var i = 0; i < read; i++)
                    {
                        Check(_some[i]);
                    }
                }
            }
            while (await reader.WaitAsync(timeout.Token) != ReadSignal.Ended);

            // One that was opened behind the end has nothing to read.
            Problem ??= _ended || !_readAny ? null : "no end";
        }

        public ValueTask DisposeAsync() => reader.DisposeAsync();

        private void Check(TurnEvent e)
        {
            if (_ended)
            {
                Problem ??= $"{e.Word()} after the end";
            }

            if (e.Kind == TurnEventKind.Gap ? e.Sequence <= Last : e.Sequence != Last + 1)
            {
                Problem ??= $"{e.Word()} has sequence {e.Sequence} after {Last}";
            }

            // What tests emit in a turn only rises.
            if (e.Kind == TurnEventKind.Delta)
            {
                var number = int.Parse(e.Word().Trim('"'), CultureInfo.InvariantCulture);
                Problem ??= number > _number ? null : $"{number} after {_number}";
                _number = number;
            }

            Last = e.Sequence;
            _readAny = true;
            _ended = e.Kind is TurnEventKind.Completed or TurnEventKind.Error;
        }
    }
}
