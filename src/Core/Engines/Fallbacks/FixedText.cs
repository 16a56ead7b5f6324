using System.Text;
using System.Text.Json;
using Sluice.Core.Turns;

namespace Sluice.Core.Engines.Fallbacks;

/// <summary>A fixed text in the form a plain engine answers: <c>{"output":"..."}</c> for a whole answer, <c>{"chunk":"..."}</c> in a stream.</summary>
internal sealed class FixedText : IFallback
{
    private const int BehindText = 1;

    private readonly byte[] _output;
    private readonly byte[] _chunk;
    private readonly EngineOutcome _whole;
    private readonly EngineOutcome _streamed;

    public FixedText(string engine, string text)
    {
        var literal = JsonEncodedText.Encode(text).ToString();
        _output = Encoding.UTF8.GetBytes($$"""{"output":"{{literal}}"}""");
        _chunk = Encoding.UTF8.GetBytes($$"""{"chunk":"{{literal}}"}""");
        var servedBy = new ServedBy(engine, "") { Fallback = Kind };
        _whole = new EngineOutcome { Answer = AnswerShape.Verbatim, ServedBy = servedBy };
        _streamed = new EngineOutcome { Answer = AnswerShape.Text, ServedBy = servedBy };
    }

    public string Kind => "text";

    public ValueTask<EngineOutcome?> TryAnswerAsync(Asked asked, CancellationToken cancellationToken)
    {
        var isWhole = asked.Turn.Request.Delivery == Delivery.Whole;
        var raw = isWhole ? _output : _chunk;
        var text = isWhole ? "{\"output\":".Length : "{\"chunk\":".Length;

        // Not published, as an answer kept is not: the end comes right behind.
        asked.Turn.IsFree = true;
        asked.Turn.Append(raw, raw.AsSpan(text, raw.Length - text - BehindText));
        return new(isWhole ? _whole : _streamed);
    }
}
