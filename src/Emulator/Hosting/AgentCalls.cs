using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>:query and :streamQuery.</summary>
internal static class AgentCalls
{
    public static Task QueryAsync(Exchange exchange) => AnswerAsync(exchange, streaming: false);

    public static Task StreamQueryAsync(Exchange exchange) => AnswerAsync(exchange, streaming: true);

    private static async Task AnswerAsync(Exchange exchange, bool streaming)
    {
        if (exchange.Script.RefusesBeforeStart())
        {
            await exchange.ArriveAsync();
            await exchange.RefuseAsync();
            return;
        }
        var reply = Dispatch(exchange, streaming);
        if (reply is Reply.Failed refused)
        {
            await FailAsync(exchange, refused.Error);
            return;
        }
        using var place = exchange.Backend.ContainersOf(exchange.Engine) is { } containers ? await containers.EnterAsync(exchange.Cancellation) : null;
        if (reply is Reply.Steps steps) await StreamAsync(exchange, steps);
        else await ValueAsync(exchange, (Reply.Value)reply);
    }

    private static Reply Dispatch(Exchange exchange, bool streaming)
    {
        if (exchange.BodyProblem is { } problem) return new Reply.Failed(problem);
        var (request, error) = EngineRequest.Read(exchange.Body);
        if (request is null) return new Reply.Failed(error!);
        if (exchange.Backend.Engines.Find(exchange.Engine) is not { } agent) return new Reply.Failed(GoogleErrors.EngineNotFound(exchange.Engine));
        if (exchange.Backend.Quotas.Take(exchange.Call.Verb, exchange.Engine) is { } quota) return new Reply.Failed(quota);

        // Each endpoint knows only its own methods.
        var methods = agent.Methods.Where(m => m.Streams == streaming).ToList();
        var byDefault = streaming ? "stream_query" : "query";
        if (methods.Find(m => m.Name == (request.ClassMethod ?? byDefault)) is not { } method)
            return new Reply.Failed(AgentFailure.MethodNotFound(request.ClassMethod, byDefault, methods.Select(m => m.Name)));
        return method.TypeError(request.Input) is { } typeError
            ? new Reply.Failed(AgentFailure.OfException(typeError, request.Input))
            : agent.Invoke(new Invocation(exchange.Engine, method, request.Input, exchange.Script));
    }

    private static async Task FailAsync(Exchange exchange, ApiError error)
    {
        await exchange.ArriveAsync();
        await exchange.AnswerAsync(error);
    }

    private static async Task StreamAsync(Exchange exchange, Reply.Steps reply)
    {
        var turn = exchange.Script.Turn;
        var sequence = turn == TurnReach.NotStarted ? [] : reply.Sequence;
        using var steps = sequence.GetEnumerator();
        try
        {
            if (turn != TurnReach.NotStarted)
            {
                steps.MoveNext();
                TurnStarted(exchange);
            }
            await exchange.ArriveAsync();
            if (exchange.Script.Refuses()) await exchange.RefuseAsync();
            else await new StreamReply(exchange).SendAsync(steps);
        }
        finally
        {
            // The agent goes on, whoever still listens.
            if (turn is TurnReach.Completed or TurnReach.Continues) GoOn(steps, reply.Record, turn == TurnReach.Continues ? exchange.Script.Rest : TimeSpan.Zero);
        }
    }

    private static void GoOn(IEnumerator<Step> steps, TurnRecord? record, TimeSpan rest)
    {
        record?.GoOn();
        while (steps.MoveNext())
        {
        }
        record?.Finish(rest);
    }

    private static async Task ValueAsync(Exchange exchange, Reply.Value reply)
    {
        var runs = exchange.Script.Turn != TurnReach.NotStarted;
        if (reply.IsTurn && runs) TurnStarted(exchange);
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses())
        {
            if (exchange.Script.Turn is TurnReach.Completed or TurnReach.Continues) reply.Run();
            await exchange.RefuseAsync();
            return;
        }
        if (!runs)
        {
            await UnaryReply.SendAsync(exchange, []);
            return;
        }
        if (reply.Tokens > 0) await exchange.WaitAsync(exchange.Backend.Answers.Pace(exchange.Script).Before(reply.Tokens, first: true));
        var (output, error) = reply.Run();
        if (error is not null) await exchange.AnswerAsync(error);
        else await UnaryReply.SendAsync(exchange, Wrap(exchange.Script, output));
    }

    private static JsonObject Wrap(Script script, JsonNode? output)
    {
        if (script.Output is { } raw) output = Raw(raw);
        // None becomes an output that is not set.
        return output is null ? [] : new JsonObject { ["output"] = output };
    }

    private static JsonNode? Raw(string json)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private static void TurnStarted(Exchange exchange)
    {
        exchange.Backend.Control.Board.TurnStarted(exchange.Call.Message ?? "");
        exchange.Call.Change(r => r with { RanTurn = true });
    }
}
