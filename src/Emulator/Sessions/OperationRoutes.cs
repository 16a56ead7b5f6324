using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Hosting;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Sessions;

/// <summary>Long-running operations, found under their resource or under the location.</summary>
internal static class OperationRoutes
{
    public static void MapOperations(this IEndpointRouteBuilder routes, CallPipeline pipeline)
    {
        string[] parents =
        [
            .. Addresses.Locations,
            .. Addresses.Engine,
            .. Addresses.Engine.Select(e => e + "/sessions/{session}"),
            .. Addresses.Engine.Select(e => e + "/memories/{memory}"),
        ];
        foreach (var parent in parents) routes.MapGet(parent + "/operations/{operation}", pipeline.Api(Verb.OperationGet, GetAsync));
    }

    private static async Task GetAsync(Exchange exchange)
    {
        await exchange.ArriveAsync();
        if (exchange.Script.Refuses()) await exchange.RefuseAsync();
        else if (exchange.Backend.Operations.Find(exchange.Route("operation")) is { } operation) await exchange.AnswerAsync(operation);
        else await exchange.AnswerAsync(GoogleErrors.NotFound("Operation", exchange.Route("operation")));
    }
}
