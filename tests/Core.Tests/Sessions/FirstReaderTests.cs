using Sluice.Core.Engines;
using Sluice.Core.Hosts;
using Sluice.Core.Log;
using Sluice.Core.Sessions;
using Sluice.Core.Storage;
using Sluice.Core.Time;
using Sluice.Core.Turns;
using Sluice.TestKit;
using static Sluice.TestKit.Turns;

namespace Sluice.Core.Tests.Sessions;

public sealed class FirstReaderTests
{
    [Fact]
    public void A_turn_is_watched_for_being_alone_only_once_it_has_its_first_reader()
    {
        using var pulse = new Pulse(new ManualTime());
        var owner = new WatchingOwner(pulse);
        new Session(Key(), owner).TryAdmit(Request("hello", grace: TimeSpan.Zero), ReadInterest.TheEnd, out var admission).ShouldBeTrue();
        admission.Reader.ShouldNotBeNull();
        owner.LookedAtThePulse.ShouldBeTrue();
        owner.HadNoReader.ShouldBeFalse();
    }

    /// <summary>Sees, whenever the session reaches for the pulse, whether the turn it admitted has a reader.</summary>
    private sealed class WatchingOwner(Pulse pulse) : ISessionOwner
    {
        private Turn? _admitted;

        public bool LookedAtThePulse { get; private set; }

        public bool HadNoReader { get; private set; }

        public IEngine Engine { get; } = new ScriptedEngine();

        public SessionLimits Limits { get; } = new();

        public ITurnObserver Observer { get; } = new RecordingObserver();

        public LogSlabs Slabs { get; } = new(bound: 0);

        public SessionJournal? Journal => null;

        public bool Stopping => false;

        public int LiveTurns => 0;

        public Pulse Pulse
        {
            get
            {
                LookedAtThePulse |= _admitted is not null;
                HadNoReader |= _admitted is { Log.HasReaders: false };
                return pulse;
            }
        }

        public void TurnAdmitted(Turn turn) => _admitted = turn;

        public void TurnEnded(Turn turn)
        {
        }

        public void TurnRemembered(EndedTurn turn)
        {
        }

        public void TurnForgotten(IKnownTurn turn)
        {
        }

        public void SessionIdle(Session session)
        {
        }

        public void SessionBusy(Session session)
        {
        }

        public void SessionLeft(Session session)
        {
        }
    }
}
