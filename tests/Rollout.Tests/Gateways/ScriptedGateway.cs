using Microsoft.AspNetCore.Http;

namespace Sluice.Rollout.Tests.Gateways;

/// <summary>A gateway that answers as the real one does, or as a fault has it.</summary>
internal static class ScriptedGateway
{
    public const string Engine = "bobs-brain-engine";

    public static async Task AnswerAsync(HttpContext context, Visit visit, Fault fault)
    {
        switch (fault)
        {
            case Fault.Dead:
                context.Abort();
                return;
            case Fault.Failing:
                context.Response.StatusCode = 500;
                return;
            case Fault.Slow:
                await Task.Delay(TimeSpan.FromSeconds(1.2), context.RequestAborted);
                break;
        }

        await context.Response.WriteAsync(Body(visit, fault), context.RequestAborted);
    }

    private static string Body(Visit visit, Fault fault) => visit.Path switch
    {
        "/_health" => $$"""
            {"status":"ok","mode":"agent_engine","engine":"projects/p/locations/l/reasoningEngines/{{(fault == Fault.AnotherEngine ? "another" : Engine)}}",
             "revision":"{{(fault == Fault.AnotherRevision ? "another" : visit.Revision)}}"}
            """,
        "/card" => """{"name":"Bob's Brain","capabilities":{"streaming":true},"skills":[{"id":"get_time"}]}""",
        "/invoke" => """{"output":"pong"}""",
        "/invoke/stream" when fault == Fault.Empty => "",
        "/invoke/stream" when fault == Fault.Cut => "id: t:1\nevent: started\ndata: {}\n\nid: t:2\ndata: {\"chunk\":\"po\"}\n\n",
        "/invoke/stream" => "id: t:1\nevent: started\ndata: {}\n\nid: t:2\ndata: {\"chunk\":\"pong\"}\n\nid: t:3\nevent: done\ndata: {}\n\n",
        _ => throw new InvalidOperationException($"Nobody should ask for {visit.Path}."),
    };
}
