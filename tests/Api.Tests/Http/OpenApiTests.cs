using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sluice.Core.Callers;
using Route = Sluice.Api.Endpoints.Route;

namespace Sluice.Api.Tests.Http;

public sealed class OpenApiTests
{
    [Fact]
    public async Task The_document_lists_what_is_mapped_and_nothing_else()
    {
        await using var gateway = await Gateway.StartAsync();
        using var response = await gateway.GetAsync("/openapi.json");
        var documented = (await response.JsonAsync()).GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject()
                .Where(operation => operation.Name != "parameters")
                .Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));

        var mapped = gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<Route>())
            .OfType<Route>()
            .SelectMany(route => route.Methods.Where(method => method != "HEAD").Select(method => $"{method} {route.Pattern}"));

        documented.Order(StringComparer.Ordinal).ShouldBe(mapped.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_document_says_of_each_operation_which_scope_it_needs()
    {
        await using var gateway = await Gateway.StartAsync();
        using var response = await gateway.GetAsync("/openapi.json");
        var paths = (await response.JsonAsync()).GetProperty("paths");

        foreach (var route in gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints.Select(endpoint => endpoint.Metadata.GetMetadata<Route>()).OfType<Route>())
        {
            foreach (var method in route.Methods.Where(method => method != "HEAD"))
            {
                var security = paths.GetProperty(route.Pattern).GetProperty(method.ToLowerInvariant()).GetProperty("security").GetRawText().Replace(" ", "", StringComparison.Ordinal);
                var scope = ScopeNames.Write(route.NeededFor(method));
                security.ShouldBe(route.IsOpen ? "[]" : $$"""[{"Bearer":["{{scope}}"]},{"ApiKey":["{{scope}}"]}]""", $"{method} {route.Pattern}");
            }
        }
    }

    [Fact]
    public async Task Every_reference_in_the_document_leads_somewhere()
    {
        await using var gateway = await Gateway.StartAsync();
        using var response = await gateway.GetAsync("/openapi.json");
        var document = await response.JsonAsync();

        foreach (var reference in References(document))
        {
            var at = document;
            foreach (var step in reference.TrimStart('#', '/').Split('/'))
            {
                at.TryGetProperty(step, out at).ShouldBeTrue(reference);
            }
        }
    }

    private static IEnumerable<string> References(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(property => property is { Name: "$ref", Value.ValueKind: JsonValueKind.String }
            ? [property.Value.GetString()!]
            : References(property.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
