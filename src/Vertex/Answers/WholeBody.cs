using Sluice.Core.Engines;
using Sluice.Vertex.Calls;
using Sluice.Vertex.Framing;

namespace Sluice.Vertex.Answers;

/// <summary>A bounded body that is one JSON value; <paramref name="take"/> says what it means, once it is whole.</summary>
internal sealed class WholeBody(int maxBytes, WholeBody.Taker take) : IAnswer
{
    // Agent Engine sends its answers chunked, so their length is not known before.
    private const int Step = 2048;

    private readonly PooledBytes _bytes = new();

    /// <param name="value">The body without the space around it; not empty, not yet known to be JSON.</param>
    /// <param name="elapsed">Since the call began.</param>
    public delegate EngineFault? Taker(ReadOnlySpan<byte> value, TimeSpan elapsed);

    public async ValueTask<EngineFault?> ReadAsync(Stream body, EngineCall call)
    {
        while (true)
        {
            var read = await body.ReadAsync(_bytes.Room(Step), call.Token);
            _bytes.Wrote(read);
            if (_bytes.Length > maxBytes)
            {
                return new EngineFault(FaultKind.AnswerTooLarge, "The engine's answer is larger than the gateway accepts.");
            }

            if (read == 0)
            {
                var value = _bytes.Written.Trim(" \t\r\n"u8);
                return value.IsEmpty ? new EngineFault(FaultKind.EmptyAnswer, "The engine answered with nothing.") : take(value, call.Elapsed);
            }
        }
    }

    public void Dispose() => _bytes.Dispose();
}
