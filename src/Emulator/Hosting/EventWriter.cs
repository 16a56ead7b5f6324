using System.Buffers;
using Sluice.Emulator.Control;

namespace Sluice.Emulator.Hosting;

/// <summary>Frames events and gives them to the connection: one flush an event, or cut at random places.</summary>
internal sealed class EventWriter(Exchange exchange, Framing framing, Random? cuts, bool mayKeepBack)
{
    private const int LargestPiece = 48;

    private readonly ArrayBufferWriter<byte> _pending = new();
    private bool _started;
    private bool _any;

    /// <summary>Sends a whole event.</summary>
    public async ValueTask EventAsync(ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        Frame(json.Span, whole: true);
        if (cuts is null) await FlushAsync(cancellation);
        else await CutAsync(cancellation);
    }

    /// <summary>Sends the first half of an event.</summary>
    public async ValueTask HalfAsync(ReadOnlyMemory<byte> json, CancellationToken cancellation)
    {
        Frame(json.Span[..(json.Length / 2)], whole: false);
        await FlushAsync(cancellation);
    }

    /// <summary>Sends what the framing puts at the end.</summary>
    public async ValueTask EndAsync(CancellationToken cancellation)
    {
        if (framing == Framing.JsonArray) _pending.Write(_any ? "\n]"u8 : "[]"u8);
        await FlushAsync(cancellation);
    }

    /// <summary>Sends the headers and whatever was kept back. Returns when the operating system has it: a reset that follows cuts nothing off.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        Start();
        exchange.Http.Response.BodyWriter.Write(_pending.WrittenSpan);
        _pending.ResetWrittenCount();
        await exchange.Http.Response.BodyWriter.FlushAsync(cancellation);
    }

    private async ValueTask CutAsync(CancellationToken cancellation)
    {
        Start();
        var writer = exchange.Http.Response.BodyWriter;
        var bytes = _pending.WrittenSpan.ToArray();
        var at = 0;
        while (at < bytes.Length)
        {
            if (at > 0 && mayKeepBack && cuts!.Next(4) == 0) break;
            var length = Math.Min(cuts!.Next(1, LargestPiece), bytes.Length - at);
            await writer.WriteAsync(bytes.AsMemory(at, length), cancellation);
            at += length;
        }
        _pending.ResetWrittenCount();
        _pending.Write(bytes.AsSpan(at));
    }

    private void Start()
    {
        if (_started) return;
        _started = true;
        exchange.Begin(200, framing == Framing.Sse ? "text/event-stream" : "application/json");
        exchange.FirstByte();
    }

    private void Frame(ReadOnlySpan<byte> json, bool whole)
    {
        if (framing == Framing.JsonArray) _pending.Write(_any ? ",\r\n"u8 : "["u8);
        if (framing == Framing.Sse) _pending.Write("data: "u8);
        _pending.Write(json);
        _any = true;
        if (!whole) return;
        if (framing == Framing.Ndjson) _pending.Write("\n"u8);
        if (framing == Framing.Sse) _pending.Write("\n\n"u8);
    }
}
