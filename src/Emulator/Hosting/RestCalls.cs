using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Hosting;

/// <summary>What all resource calls share: waits and refusals first, then body and quota, then the answer.</summary>
internal static class RestCalls
{
    public static Func<Exchange, Task> Answer(Func<Exchange, RestAnswer> decide) => async exchange =>
    {
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses())
        {
            await exchange.RefuseAsync();
            return;
        }
        var answer = exchange.BodyProblem is { } problem ? problem
            : exchange.Backend.Engines.Find(exchange.Engine) is null ? GoogleErrors.EngineNotFound(exchange.Engine)
            : exchange.Backend.Quotas.Take(exchange.Call.Verb, exchange.Engine) is { } quota ? quota
            : decide(exchange);
        await (answer.Error is { } error ? exchange.AnswerAsync(error) : UnaryReply.SendAsync(exchange, answer.Value!.AsObject()));
    };
}
