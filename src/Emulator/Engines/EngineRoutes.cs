using Sluice.Emulator.Control;
using Sluice.Emulator.Hosting;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Engines;

/// <summary>The reasoningEngines resource itself.</summary>
internal static class EngineRoutes
{
    public static void MapEngines(this IEndpointRouteBuilder routes, CallPipeline pipeline)
    {
        foreach (var engine in Addresses.Engine)
        {
            routes.MapPost(engine + ":query", pipeline.Api(Verb.Query, AgentCalls.QueryAsync));
            routes.MapPost(engine + ":streamQuery", pipeline.Api(Verb.StreamQuery, AgentCalls.StreamQueryAsync));
            routes.MapGet(engine, pipeline.Api(Verb.EngineGet, GetAsync));
        }
        foreach (var revision in Addresses.Revision)
        {
            routes.MapPost(revision + ":query", pipeline.Api(Verb.Query, AgentCalls.QueryAsync));
            routes.MapPost(revision + ":streamQuery", pipeline.Api(Verb.StreamQuery, AgentCalls.StreamQueryAsync));
        }
    }

    private static async Task GetAsync(Exchange exchange)
    {
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses()) await exchange.RefuseAsync();
        else if (exchange.Backend.Engines.Find(exchange.Engine) is { } agent) await exchange.AnswerAsync(EngineCatalog.Resource(exchange.Engine, agent));
        else await exchange.AnswerAsync(GoogleErrors.EngineNotFound(exchange.Engine));
    }
}
