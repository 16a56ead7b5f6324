using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Sluice.Emulator.Answers;
using Sluice.Emulator.Control;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>Runs one turn: the user's event is in the session before the model is asked, every other one before its caller sees it.</summary>
internal sealed class AdkRunner(AnswerModel answers, IdSource ids, TimeProvider time)
{
    public IEnumerable<Step> Run(TurnRecord session, JsonNode message, Script script, bool sse, bool withEvents)
    {
        var invocation = $"e-{ids.Uuid()}";
        var prompt = Prompt.Of(message) ?? "";
        session.Append(new AgentEvent(NewId(), invocation, "user", "user", PartsOf(message), time.GetUtcNow()));
        yield return Step.Started;

        var buffer = new ArrayBufferWriter<byte>();
        if (script.Lines is { } lines)
        {
            foreach (var line in lines) yield return new Step(Encoding.UTF8.GetBytes(line), 1);
            yield break;
        }

        var promptTokens = 100 + AnswerModel.Split(prompt).Count;
        if (prompt.Contains("what time", StringComparison.OrdinalIgnoreCase))
        {
            var call = $"adk-{ids.Uuid()}";
            yield return Step.Thinking(5);
            yield return Send(Said(new Part.FunctionCall(call, "get_time", new JsonObject { ["timezone"] = "UTC" })) with { Usage = new Usage(promptTokens, 5) });
            var response = new Part.FunctionResponse(call, "get_time", new JsonObject { ["time"] = "10:30" });
            yield return Send(Said(response) with { Role = "user" });
        }

        var tokens = answers.Tokens(prompt, script);
        if (sse)
        {
            foreach (var token in tokens)
            {
                yield return Step.Thinking(1);
                yield return Send(Said(new Part.Text(token)) with { Partial = true });
            }
        }
        else
        {
            yield return Step.Thinking(tokens.Count);
        }
        yield return Send(Said(new Part.Text(string.Concat(tokens))) with { Usage = new Usage(promptTokens, tokens.Count) });

        AgentEvent Said(Part part) => new(NewId(), invocation, AgentEvent.AgentName, "model", [part], time.GetUtcNow());

        Step Send(AgentEvent e)
        {
            // A partial event repeats in the full one, and is not kept.
            if (!e.Partial) session.Append(e);
            buffer.ResetWrittenCount();
            var json = new PythonJson(buffer);
            if (withEvents)
            {
                json.Object().Name("events").Array();
                e.WriteSnake(json);
                json.EndArray().Name("session_id").String(session.SessionId).EndObject();
            }
            else
            {
                e.WriteSnake(json);
            }
            return new Step(buffer.WrittenMemory, 0);
        }
    }

    private string NewId() => ids.Uuid().ToString();

    private static IReadOnlyList<Part> PartsOf(JsonNode message) => message is JsonObject content && content["parts"] is JsonArray parts
        ? [.. parts.OfType<JsonObject>().Select(p => new Part.Sent((JsonObject)p.DeepClone()))]
        : [new Part.Text(Prompt.Of(message) ?? "")];
}
