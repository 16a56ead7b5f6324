using System.Net;
using Sluice.Api.Tests.Processes;
using Sluice.Emulator;
using Sluice.Emulator.Control;

namespace Sluice.Api.Tests.EndToEnd;

/// <summary>The gateway's executable in a process of its own, and the emulator it asks in this one. No error may be in its log when a test is done with it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly EmulatorHost _emulator;

    private Stage(EmulatorHost emulator, GatewayProcess process, HttpClient client) => (_emulator, Process, Client) = (emulator, process, client);

    public EmulatorControl Engine => _emulator.Control;

    public GatewayProcess Process { get; private set; }

    /// <summary>Asks as it is told to, and undoes no compression.</summary>
    public HttpClient Client { get; private set; }

    public Uri Address => Client.BaseAddress!;

    public Uri EngineAddress => _emulator.Address;

    /// <summary>An engine called adk… is an ADK application, any other answers plain queries.</summary>
    public static async Task<Stage> StartAsync(string engine, params string[] environment) =>
        await StartAsync(await EmulatorHost.StartAsync(), engine, environment);

    /// <summary>In front of an emulator with its own options, which is stopped with the stage.</summary>
    public static async Task<Stage> StartAsync(EmulatorHost emulator, string engine, params string[] environment)
    {
        var (process, client) = await StartProcessAsync(emulator, engine, environment);
        return new Stage(emulator, process, client);
    }

    /// <summary>Kills the gateway (SIGKILL) and starts another on what the old one left.</summary>
    public async Task KillAndRestartAsync(string engine, params string[] environment)
    {
        await DisposeProcessAsync();
        (Process, Client) = await StartProcessAsync(_emulator, engine, environment);
    }

    /// <summary>Stops the gateway and starts another on what the old one left: nothing, unless it was told where to store it.</summary>
    public async Task RestartAsync(string engine, params string[] environment)
    {
        await Process.TerminateAsync();
        await DisposeProcessAsync();
        (Process, Client) = await StartProcessAsync(_emulator, engine, environment);
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeProcessAsync();
        await _emulator.DisposeAsync();
    }

    private static async Task<(GatewayProcess Process, HttpClient Client)> StartProcessAsync(EmulatorHost emulator, string engine, string[] environment)
    {
        var (process, plain) = await GatewayProcess.StartAsync(
            [$"AGENT_ENGINE_NAME={emulator.EngineName(engine)}", $"AGENT_ENGINE_ENDPOINT={emulator.Address.GetLeftPart(UriPartial.Authority)}", .. environment]);
        using (plain)
        {
            // Without a drain timeout, a response that is disposed of closes its connection, as a client that leaves does, instead of waiting for the rest.
            var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, ResponseDrainTimeout = TimeSpan.Zero };
            return (process, new HttpClient(handler)
            {
                BaseAddress = plain.BaseAddress,
                Timeout = TimeSpan.FromSeconds(30),
            });
        }
    }

    private async ValueTask DisposeProcessAsync()
    {
        Client.Dispose();
        await Process.DisposeAsync();
        Process.Output.ShouldNotContain("\"severity\":\"ERROR\"");
        Process.Output.ShouldNotContain("\"severity\":\"CRITICAL\"");
        Process.Error.ShouldBeEmpty();
    }
}
