using Sluice.Core.Engines;

namespace Sluice.Vertex.Tests.Resilience;

/// <summary>Where the engines of a test tell one another of their circuits, each by a <see cref="Place"/> of its own, as processes do by what they share.</summary>
internal sealed class Board
{
    private readonly List<Place> _places = [];

    /// <summary>All that was told, in order.</summary>
    public List<CircuitReport> Told { get; } = [];

    public ICircuitReports NewPlace()
    {
        var place = new Place(this);
        _places.Add(place);
        return place;
    }

    private sealed class Place(Board board) : ICircuitReports
    {
        private readonly List<Action<CircuitReport>> _listening = [];

        public void Tell(CircuitReport report)
        {
            board.Told.Add(report);
            foreach (var heard in board._places.Where(place => place != this).SelectMany(place => place._listening))
            {
                heard(report);
            }
        }

        public IDisposable Listen(Action<CircuitReport> heard)
        {
            _listening.Add(heard);
            return new Listening(() => _listening.Remove(heard));
        }
    }

    private sealed class Listening(Func<bool> left) : IDisposable
    {
        public void Dispose() => left().ShouldBeTrue();
    }
}
