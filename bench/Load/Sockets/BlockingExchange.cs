using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Sockets;

/// <summary>One request on a connection of its own, whose answer is read as far as somebody wants.</summary>
internal sealed class BlockingExchange : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly StringBuilder _body = new();
    private HttpMessage _message = new();
    private string _head = "";
    private bool _hasEnded;

    public BlockingExchange(int port)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000, NoDelay = true };
        _socket.Connect(IPAddress.Loopback, port);
    }

    public void Send(string method, string target, IEnumerable<string> headers, string body = "")
    {
        var lines = string.Concat(headers.Select(header => header + "\r\n"));
        _socket.Send(Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {body.Length}\r\n{lines}\r\n{body}"));
    }

    /// <summary>Reads until the body holds <paramref name="text"/>.</summary>
    /// <exception cref="InvalidOperationException">The answer ends before that.</exception>
    public void ReadUntil(string text)
    {
        var from = 0;
        while (!_body.ToString(from, _body.Length - from).Contains(text, StringComparison.Ordinal))
        {
            if (_hasEnded)
            {
                throw new InvalidOperationException($"The answer has no '{text.TrimEnd()}': {_head}{_body}");
            }

            from = Math.Max(_body.Length - text.Length, 0);
            var received = _socket.Receive(_buffer);
            Take(_buffer.AsSpan(0, received));
            _hasEnded = received == 0 || (_head.Length > 0 && !_message.InBody);
        }
    }

    /// <summary>A header of the answer.</summary>
    /// <exception cref="InvalidOperationException">It has none of that name.</exception>
    public string Header(string name)
    {
        var line = Array.Find(_head.Split("\r\n"), line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            ?? throw new InvalidOperationException($"The answer has no {name}: {_head}");
        return line[(name.Length + 1)..].Trim();
    }

    public void Dispose() => _socket.Dispose();

    private void Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (!_message.InBody)
            {
                var head = _message.ReadHead(ref data);
                if (head.IsEmpty)
                {
                    return;
                }

                _head = Encoding.ASCII.GetString(head);
            }

            _body.Append(Encoding.UTF8.GetString(_message.ReadBody(ref data)));
        }
    }
}
