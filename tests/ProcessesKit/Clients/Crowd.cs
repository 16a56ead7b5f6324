using System.Collections.Concurrent;
using Sluice.ProcessesKit.Clusters;

namespace Sluice.ProcessesKit.Clients;

/// <summary>
/// Many clients who ask one turn after the other, each in a conversation of its own, so that as many streams are live at any time; at every fourth turn a second client
/// watches from another node.
/// </summary>
internal sealed class Crowd
{
    /// <summary>Streams at a time, besides those who watch.</summary>
    public const int Size = 200;

    // At the emulator's pace an answer of this length takes three seconds.
    private const int Words = 20;
    private const int WatchedEvery = 4;

    private readonly ConcurrentBag<TurnView> _views = [];
    private readonly CancellationTokenSource _enough = new();
    private readonly string _name;
    private readonly IReadOnlyList<Uri> _addresses;
    private readonly Task _clients;

    private Crowd(IReadOnlyList<Uri> addresses, string name)
    {
        (_addresses, _name) = (addresses, name);
        _clients = Task.WhenAll(Enumerable.Range(0, Size).Select(RunAsync));
    }

    /// <summary>Lets them begin, one shortly after the other for the length of an answer, so that they are everywhere in their turns.</summary>
    /// <param name="addresses">Where the nodes are, or what leads to them.</param>
    /// <param name="name">Tells this crowd's questions from another's.</param>
    public static async Task<Crowd> GatherAsync(IReadOnlyList<Uri> addresses, string name)
    {
        var crowd = new Crowd(addresses, name);
        await Task.Delay(EngineProcess.Gap * Words);
        return crowd;
    }

    /// <summary>Lets them end their turns and begin no other. Returns all that they saw.</summary>
    public async Task<IReadOnlyCollection<TurnView>> LeaveAsync()
    {
        await _enough.CancelAsync();
        await _clients;
        _enough.Dispose();
        return _views;
    }

    private async Task RunAsync(int client)
    {
        await Task.Delay(EngineProcess.Gap * Words * client / Size);
        using var asking = new FollowingClient(_addresses, client % _addresses.Count);
        using var watching = new FollowingClient(_addresses, (client + 1) % _addresses.Count);
        for (var number = 0; !_enough.IsCancellationRequested; number++)
        {
            var question = Question.Of(_name, client, number, Words);
            var format = (EventFormat)((client + number) % 2);
            var view = new TurnView(question, format);
            _views.Add(view);
            var asked = asking.AskAsync(view);
            if ((client + number) % WatchedEvery == 0 && await view.Known is { } turn)
            {
                var watched = new TurnView(question, 1 - format, turn);
                _views.Add(watched);
                await watching.WatchAsync(watched);
            }

            await asked;
        }
    }
}
