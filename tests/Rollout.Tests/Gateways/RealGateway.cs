using System.Diagnostics;
using System.Text.RegularExpressions;
using Sluice.Emulator;

namespace Sluice.Rollout.Tests.Gateways;

/// <summary>The gateway's executable as a revision of Cloud Run, with an engine of its own in this process.</summary>
internal sealed partial class RealGateway : IAsyncDisposable
{
    private readonly EmulatorHost _engine;
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RealGateway(EmulatorHost engine, string revision)
    {
        _engine = engine;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "sluice.dll")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["PORT"] = "0";
        start.Environment["K_REVISION"] = revision;
        start.Environment["AGENT_ENGINE_NAME"] = engine.EngineName(ScriptedGateway.Engine);
        start.Environment["AGENT_ENGINE_ENDPOINT"] = engine.Address.GetLeftPart(UriPartial.Authority);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text && ListeningOn().Match(text) is { Success: true } match)
            {
                _address.TrySetResult(new UriBuilder(match.Groups["address"].Value) { Host = "127.0.0.1" }.Uri);
            }
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    public Emulator.Control.EmulatorControl Engine => _engine.Control;

    public Uri Address { get; private set; } = null!;

    public static async Task<RealGateway> StartAsync(string revision)
    {
        var gateway = new RealGateway(await EmulatorHost.StartAsync(), revision);
        gateway.Address = await gateway._address.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return gateway;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _engine.DisposeAsync();
    }

    [GeneratedRegex(@"Now listening on: (?<address>http://[^\s""]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningOn();
}
