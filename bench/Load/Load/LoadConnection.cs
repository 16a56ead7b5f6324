using System.Net.Sockets;
using System.Text;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>One connection of a load, with at most one request open.</summary>
/// <param name="load">Its load.</param>
/// <param name="socket">Connected. Owned.</param>
/// <param name="request">What it asks, again and again.</param>
internal sealed class LoadConnection(ClosedLoop load, Socket socket, byte[] request) : Connection(load.Events, socket)
{
    private readonly EventTally? _tally = load.Plan.EventsPerStream > 0 ? new EventTally(load.Figures) : null;
    private HttpMessage _message = new();
    private long _started;
    private bool _succeeded;
    private string _failure = "";

    public bool Busy { get; private set; }

    public int EventsRead => _tally?.Last ?? 0;

    public void Start()
    {
        Busy = true;
        _failure = "";
        _tally?.Start();
        _started = Clock.Now;
        Send(request);
    }

    protected override void OnReceived(ReadOnlySpan<byte> data)
    {
        do
        {
            if (!_message.InBody)
            {
                var head = _message.ReadHead(ref data);
                if (head.IsEmpty)
                {
                    return;
                }

                _succeeded = head[9..].StartsWith("200"u8);
                _failure = _succeeded ? "" : Encoding.UTF8.GetString(head);
            }

            var body = _message.ReadBody(ref data);
            if (!_succeeded)
            {
                _failure += Encoding.UTF8.GetString(body);
            }
            else
            {
                _tally?.Read(body);
            }

            if (!_message.InBody)
            {
                Finish();
            }
        }
        while (!data.IsEmpty && !Closed);
    }

    protected override void OnLost()
    {
        if (Busy && _message.EndsWithConnection)
        {
            Finish();
        }
        else if (Busy)
        {
            _failure = "The connection was closed before the answer had ended. " + _failure;
            _succeeded = false;
            Finish();
        }
    }

    private void Finish()
    {
        Busy = false;
        load.Figures.CountRequest(Clock.Now - _started);
        if (_tally is not null)
        {
            load.Figures.SaidDone += _tally.SaidDone ? 1 : 0;
            load.Figures.Lost += load.Plan.EventsPerStream - _tally.Last;
            if (load.Plan.SaysDone && !_tally.SaidDone && _succeeded)
            {
                _succeeded = false;
                _failure = $"The stream ended after event {_tally.Last} without its done event.";
            }
        }

        if (!_succeeded)
        {
            load.Figures.FailedRequests++;
            load.Figures.FirstFailure ??= _failure;
        }

        load.Finished(this);
    }
}
