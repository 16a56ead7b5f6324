using System.Net.Sockets;
using System.Text;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Load;

/// <summary>A connection of an <see cref="OpenLane"/>, with at most one request open, kept for the next.</summary>
internal sealed class OpenConnection(OpenLane lane, EventLoop loop, Socket socket) : Connection(loop, socket)
{
    private HttpMessage _message = new();
    private OpenFigures? _figures;
    private long _sent;
    private string? _failure;

    /// <param name="request">The request.</param>
    /// <param name="figures">Told when it has ended: those of the run in which it left.</param>
    public void Start(byte[] request, OpenFigures figures)
    {
        (_figures, _failure, _sent) = (figures, null, Clock.Now);
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

                _failure = head[9..].StartsWith("200"u8) ? null : Encoding.UTF8.GetString(head);
            }

            var body = _message.ReadBody(ref data);
            if (_failure is not null)
            {
                _failure += Encoding.UTF8.GetString(body);
            }

            if (!_message.InBody)
            {
                Finish();
                lane.Free(this);
            }
        }
        while (!data.IsEmpty && !Closed);
    }

    protected override void OnLost()
    {
        _failure = "The connection was closed before the answer had ended. " + _failure;
        Finish();
    }

    private void Finish()
    {
        _figures?.Ended(_sent, _failure);
        _figures = null;
    }
}
