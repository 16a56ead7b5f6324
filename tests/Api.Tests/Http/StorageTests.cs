using System.Reflection;
using Sluice.Core.Hosts;
using Sluice.Core.Storage;

namespace Sluice.Api.Tests.Http;

/// <summary>A host whose store cannot be used now.</summary>
public sealed class StorageTests
{
    private const string Turn = "0123456789ab7def8123456789abcdef";

    [Theory]
    [InlineData("POST", "/invoke")]
    [InlineData("POST", "/invoke/stream")]
    [InlineData("GET", "/sessions/s")]
    [InlineData("DELETE", "/sessions/s")]
    [InlineData("GET", $"/sessions/s/turns/{Turn}")]
    [InlineData("GET", $"/sessions/s/turns/{Turn}/events")]
    [InlineData("POST", $"/sessions/s/turns/{Turn}:cancel")]
    public async Task Whatever_needs_it_is_answered_with_503_and_when_to_come_back(string method, string path)
    {
        await using var gateway = await Gateway.StartAsync(host: (_, _, _) => DispatchProxy.Create<ISessionHost, Unavailable>());

        using var response = await gateway.SendAsync(new HttpMethod(method), path, method == "POST" ? """{"text":"ping"}""" : null);

        await response.ProblemAsync(503, "storage_unavailable");
    }

    [Theory]
    [InlineData("/invoke")]
    [InlineData("/invoke/stream")]
    public async Task So_is_whoever_comes_back_to_a_turn(string path)
    {
        await using var gateway = await Gateway.StartAsync(host: (_, _, _) => DispatchProxy.Create<ISessionHost, Unavailable>());

        using var response = await gateway.PostAsync(path, """{"text":"ping"}""", ("Last-Event-ID", $"{Turn}:1"));

        await response.ProblemAsync(503, "storage_unavailable");
    }

    /// <summary>Does nothing but end.</summary>
#pragma warning disable CA1852 // The proxy derives from it.
    internal class Unavailable : DispatchProxy
#pragma warning restore CA1852
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IAsyncDisposable.DisposeAsync)
            ? ValueTask.CompletedTask
            : throw new StorageUnavailableException(StorageFault.Unreachable, "It is away.");
    }
}
