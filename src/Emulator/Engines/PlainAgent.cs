using System.Buffers;
using System.Text;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Control;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>A custom agent: <c>query</c> returns a string, <c>stream_query</c> yields {"chunk": token}.</summary>
internal sealed class PlainAgent(AnswerModel answers) : IAgent
{
    private static readonly Parameter[] Keywords = [new("text"), new("input", null), new("config", "object")];

    public string Framework => "custom";

    public IReadOnlyList<ClassMethod> Methods { get; } =
    [
        new("query", "", "EchoAgent.query", "Answers a question.", Keywords),
        new("stream_query", "stream", "EchoAgent.stream_query", "Answers a question token by token.", Keywords),
    ];

    public Reply Invoke(Invocation invocation)
    {
        if (Prompt.In(invocation.Input) is not { } prompt)
            return new Reply.Failed(AgentFailure.OfException($"{invocation.Method.PythonName}() missing 1 required positional argument: 'text'", invocation.Input));

        var tokens = answers.Tokens(prompt, invocation.Script);
        return invocation.Method.Streams
            ? new Reply.Steps(Stream(tokens, invocation.Script))
            : new Reply.Value(() => (string.Concat(tokens), null)) { Tokens = tokens.Count, IsTurn = true };
    }

    private static IEnumerable<Step> Stream(IReadOnlyList<string> tokens, Script script)
    {
        yield return Step.Started;
        if (script.Lines is { } lines)
        {
            foreach (var line in lines) yield return new Step(Encoding.UTF8.GetBytes(line), 1);
            yield break;
        }
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var token in tokens)
        {
            buffer.ResetWrittenCount();
            new PythonJson(buffer).Object().Name("chunk").String(token).EndObject();
            yield return new Step(buffer.WrittenMemory, 1);
        }
    }
}
