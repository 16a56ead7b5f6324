using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Sluice.Bench.Sockets;

namespace Sluice.Bench.Engine;

/// <summary>One keep-alive connection of the gateway to the stub engine.</summary>
internal sealed class EngineConnection(EngineServer server, Socket socket) : Connection(server.Loop, socket)
{
    private HttpMessage _message = new();
    private Route _route;
    private string _controlQuery = "";
    private Pacing _pacing;
    private int _sent;
    private long _nextDue;
    private byte[] _text = [];
    private int _textLength;

    private enum Route
    {
        Unknown,
        Query,
        StreamQuery,
        Resource,
        TraceExport,
        Control,
    }

    /// <summary>The next event of this connection's stream is due.</summary>
    public void Wake()
    {
        if (Closed)
        {
            return;
        }

        SendEvents(1);
        if (_sent < _pacing.Events)
        {
            _nextDue += _pacing.Gap * Clock.Millisecond;
            server.Wheel.Add(this, _nextDue);
        }
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

                _route = RouteOf(head[..head.IndexOf((byte)'\r')]);
            }

            var body = _message.ReadBody(ref data);
            if (_route == Route.TraceExport)
            {
                server.Statistics.TraceBytes += body.Length;
            }

            if (!_message.InBody)
            {
                Answer();
            }
        }
        while (!data.IsEmpty && !Closed);
    }

    protected override void OnLost()
    {
        if (_sent < _pacing.Events)
        {
            server.Statistics.StreamsAbandoned++;
        }
    }

    private Route RouteOf(ReadOnlySpan<byte> requestLine)
    {
        var target = requestLine[(requestLine.IndexOf((byte)' ') + 1)..requestLine.LastIndexOf((byte)' ')];
        var question = target.IndexOf((byte)'?');
        var path = question < 0 ? target : target[..question];
        if (path.EndsWith(":query"u8))
        {
            return Route.Query;
        }

        if (path.EndsWith(":streamQuery"u8))
        {
            return Route.StreamQuery;
        }

        if (path.SequenceEqual("/_bench"u8))
        {
            _controlQuery = question < 0 ? "" : Encoding.ASCII.GetString(target[(question + 1)..]);
            return Route.Control;
        }

        return path.StartsWith("/v1/"u8) && requestLine.StartsWith("POST"u8) ? Route.TraceExport
            : path.IndexOf("/reasoningEngines/"u8) > 0 && requestLine.StartsWith("GET"u8) ? Route.Resource
            : Route.Unknown;
    }

    private void Answer()
    {
        switch (_route)
        {
            case Route.Query or Route.StreamQuery when server.Faults.Strike():
                server.Statistics.Failed++;
                Send(EngineAnswers.Unavailable);
                break;
            case Route.Query:
                server.Statistics.Queries++;
                Send(server.Dialect.Query());
                break;
            case Route.StreamQuery:
                StartStream();
                break;
            case Route.Resource:
                Send(server.Dialect.Resource);
                break;
            case Route.TraceExport:
                server.Statistics.TraceExports++;
                Send(EngineAnswers.ExportAccepted);
                break;
            case Route.Control:
                Control();
                Send(EngineAnswers.Json("200 OK", JsonSerializer.Serialize(server.Statistics)));
                break;
            default:
                server.Statistics.Unknown++;
                Send(EngineAnswers.NotFound);
                break;
        }
    }

    private void Control()
    {
        const string Failing = "failing=";
        if (_controlQuery.StartsWith(Failing, StringComparison.Ordinal))
        {
            server.Faults = new Faults(int.Parse(_controlQuery.AsSpan(Failing.Length), CultureInfo.InvariantCulture));
        }
        else if (_controlQuery.Length > 0)
        {
            server.Pacing = Pacing.Parse(_controlQuery);
        }
    }

    private void StartStream()
    {
        server.Statistics.Streams++;
        _pacing = server.Pacing;
        _sent = 0;
        _textLength = 0;
        if (_pacing.Gap == 0)
        {
            SendEvents(_pacing.Events);
            return;
        }

        // The head goes out with the first event. The first event falls anywhere within one gap, so streams opened together do not beat together.
        _nextDue = Clock.Now + (long)(server.Phase() * _pacing.Gap * Clock.Millisecond);
        server.Wheel.Add(this, _nextDue);
    }

    private void SendEvents(int count)
    {
        var frame = server.Frame;
        var length = 0;
        if (_sent == 0)
        {
            server.StreamHead.CopyTo(frame);
            length = server.StreamHead.Length;
        }

        var now = Clock.Now;
        Span<byte> token = stackalloc byte[EventChunk.MaxToken];
        for (var last = _sent + count; _sent < last;)
        {
            var written = token[..EventChunk.WriteToken(token, ++_sent, now)];
            length += EventChunk.Write(frame.AsSpan(length), server.Dialect, _sent, written);
            Remember(written);
        }

        server.Statistics.Events += count;
        if (_sent == _pacing.Events)
        {
            length += EventChunk.WriteLast(frame.AsSpan(length), server.Dialect, _text.AsSpan(0, _textLength));
            "0\r\n\r\n"u8.CopyTo(frame.AsSpan(length));
            length += 5;
        }

        Send(frame.AsSpan(0, length));
    }

    private void Remember(ReadOnlySpan<byte> token)
    {
        if (!server.Dialect.RepeatsText)
        {
            return;
        }

        if (_textLength + token.Length > _text.Length)
        {
            Array.Resize(ref _text, (_text.Length * 2) + EventChunk.MaxToken);
        }

        token.CopyTo(_text.AsSpan(_textLength));
        _textLength += token.Length;
    }
}
