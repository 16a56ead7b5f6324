using System.Text.Json.Nodes;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Hosting;
using Sluice.Emulator.Sessions;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Memories;

/// <summary>The memories resource, as far as an agent's callers use it.</summary>
internal static class MemoryRoutes
{
    private const string TypePrefix = "google.cloud.aiplatform.v1beta1.";

    public static void MapMemories(this IEndpointRouteBuilder routes, CallPipeline pipeline)
    {
        foreach (var engine in Addresses.Engine)
        {
            var memories = engine + "/memories";
            var memory = memories + "/{memory}";
            routes.MapPost(memories + ":generate", Serve(Generate));
            routes.MapPost(memories + ":retrieve", Serve(Retrieve));
            routes.MapPost(memories, Serve(Create));
            routes.MapGet(memories, Serve(x => Page.Of(x, "memories", [.. x.Backend.Memories.Search(x.Engine, null, null).Select(m => m.ToRest())])));
            routes.MapGet(memory, Serve(x => x.Backend.Memories.Find(Name(x)) is { } m ? m.ToRest() : Missing(x)));
            routes.MapPatch(memory, Serve(Update));
            routes.MapDelete(memory, Serve(Delete));
        }

        Microsoft.AspNetCore.Http.RequestDelegate Serve(Func<Exchange, RestAnswer> decide) => pipeline.Api(Verb.Memories, RestCalls.Answer(decide));
    }

    private static RestAnswer Create(Exchange exchange)
    {
        if (exchange.Body["fact"]?.ToString() is not { Length: > 0 } fact || exchange.Body["scope"] is not JsonObject scope)
            return GoogleErrors.InvalidArgument("Memory.fact and Memory.scope are required.");
        var memory = exchange.Backend.Memories.Add(exchange.Engine, fact, scope);
        return Start(exchange, memory.Name, "CreateMemoryOperationMetadata", "Memory", memory.ToRest());
    }

    private static RestAnswer Update(Exchange exchange) =>
        exchange.Backend.Memories.Update(Name(exchange), exchange.Body["fact"]?.ToString() ?? "") is { } memory
            ? Start(exchange, memory.Name, "UpdateMemoryOperationMetadata", "Memory", memory.ToRest())
            : Missing(exchange);

    private static RestAnswer Delete(Exchange exchange) => exchange.Backend.Memories.Delete(Name(exchange))
        ? exchange.Backend.Operations.Start(Name(exchange), "DeleteMemoryOperationMetadata", OperationStore.Response("google.protobuf.Empty", []))
        : Missing(exchange);

    private static RestAnswer Generate(Exchange exchange)
    {
        var body = exchange.Body;
        var session = body["vertexSessionSource"]?["session"]?.ToString();
        var facts = body["directMemoriesSource"]?["directMemories"] is JsonArray direct ? [.. direct.Select(m => m?["fact"]?.ToString())]
            : body["directContentsSource"]?["events"] is JsonArray events ? [.. events.Select(e => Prompt.Of(e?["content"]))]
            : session is not null ? SaidByUser(exchange, session)
            : new List<string?>();
        if (facts.Count > 5 && body["directMemoriesSource"] is not null) return GoogleErrors.InvalidArgument("At most 5 direct memories are allowed.");

        var scope = body["scope"] as JsonObject ?? [];
        var generated = new JsonArray();
        foreach (var fact in facts.Where(f => !string.IsNullOrEmpty(f)))
        {
            var memory = exchange.Backend.Memories.Add(exchange.Engine, fact!, scope);
            generated.Add(new JsonObject { ["memory"] = new JsonObject { ["name"] = memory.Name }, ["action"] = "CREATED" });
        }
        return Start(
            exchange, exchange.Engine.Resource, "GenerateMemoriesOperationMetadata", "GenerateMemoriesResponse", new JsonObject { ["generatedMemories"] = generated });
    }

    private static RestAnswer Retrieve(Exchange exchange)
    {
        var query = exchange.Body["similaritySearchParams"]?["searchQuery"]?.ToString();
        var found = new JsonArray();
        foreach (var memory in exchange.Backend.Memories.Search(exchange.Engine, exchange.Body["scope"] as JsonObject ?? [], query))
        {
            var entry = new JsonObject { ["memory"] = memory.ToRest() };
            if (query is not null) entry["distance"] = 0.2;
            found.Add(entry);
        }
        return found.Count == 0 ? new JsonObject() : new JsonObject { ["retrievedMemories"] = found };
    }

    private static List<string?> SaidByUser(Exchange exchange, string session) =>
        exchange.Backend.Sessions.Find(exchange.Engine, session[(session.LastIndexOf('/') + 1)..]) is { } found
            ? [.. found.EventsAt(exchange.Backend.Time.GetUtcNow()).Select(e => e.ToAdk()).Where(e => e["author"]?.ToString() == "user").Select(e => Prompt.Of(e["content"]))]
            : [];

    private static JsonObject Start(Exchange exchange, string resource, string metadata, string type, JsonObject response) =>
        exchange.Backend.Operations.Start(resource, metadata, OperationStore.Response(TypePrefix + type, response));

    private static string Name(Exchange exchange) => $"{exchange.Engine.Resource}/memories/{exchange.Route("memory")}";

    private static ApiError Missing(Exchange exchange) => GoogleErrors.NotFound("Memory", Name(exchange));
}
