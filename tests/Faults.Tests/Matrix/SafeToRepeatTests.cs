using Sluice.Emulator;
using Sluice.Faults.Tests.Gateways;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>An engine that its operator declares safe to repeat: what it may have begun is sent again as well, but never behind the first event.</summary>
public sealed class SafeToRepeatTests(SafeToRepeatTests.Stage stage) : IClassFixture<SafeToRepeatTests.Stage>
{
    private static int _asked;

    public static TheoryData<string, bool, bool> RepeatedFaults
    {
        get
        {
            var rows = new TheoryData<string, bool, bool>();
            foreach (var fault in (string[])["internal;turn=cut", "deadline;turn=cut", "reset;turn=cut", "empty;turn=cut", "truncate;after=0", "truncate-reset;after=0", "stall;after=0"])
            {
                foreach (var isAdk in (bool[])[false, true])
                {
                    rows.Add(fault, isAdk, false);
                    rows.Add(fault, isAdk, true);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(RepeatedFaults))]
    public async Task Turn_that_may_have_begun_is_sent_again(string fault, bool isAdk, bool isStream)
    {
        var (status, answer, runs) = await stage.AskAsync(fault, isAdk, isStream, $"repeat {Interlocked.Increment(ref _asked)}.");
        status.ShouldBe(200, answer);
        runs.ShouldBe(2);
    }

    [Theory]
    [InlineData("truncate;after=1")]
    [InlineData("error-line;after=2")]
    [InlineData("stall;after=1")]
    public async Task Turn_that_its_caller_has_begun_to_read_is_not(string fault)
    {
        foreach (var isAdk in (bool[])[false, true])
        {
            var (_, answer, runs) = await stage.AskAsync(fault, isAdk, isStream: true, $"repeat {Interlocked.Increment(ref _asked)}.");
            answer.ShouldContain("event: error");
            answer.ShouldContain("\"state\":\"unknown\"");
            runs.ShouldBe(1);
        }
    }

    /// <summary>A plain agent, declared safe to repeat as all engines are, and an ADK application, declared so by itself.</summary>
    public sealed class Stage : IAsyncLifetime
    {
        private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));
        private EmulatorHost _emulator = null!;
        private RunningGateway _plain = null!;
        private RunningGateway _adk = null!;

        public async Task InitializeAsync()
        {
            string[] settings = [.. FaultStage.Settings, "Sluice__Recovery__Patience=0s"];
            settings = [.. settings.GroupBy(pair => pair.Split('=')[0], StringComparer.Ordinal).Select(same => same.Last())];
            _emulator = await EmulatorHost.StartAsync();
            _plain = await RunningGateway.StartAsync(_emulator, "echo", [.. settings, "Sluice__Resilience__SafeToRepeat=true"]);
            _adk = await RunningGateway.StartAsync(_emulator, "adk", [.. settings, "Sluice__Engines__default__SafeToRepeat=true"]);
        }

        public async Task DisposeAsync()
        {
            await _adk.DisposeAsync();
            await _plain.DisposeAsync();
            await _emulator.DisposeAsync();
            _limit.Dispose();
        }

        internal async Task<(int Status, string Answer, long Runs)> AskAsync(string fault, bool isAdk, bool isStream, string question)
        {
            var client = (isAdk ? _adk : _plain).Client;
            await _emulator.EnqueueAsync(client, ($"fault={fault}", "messageContains", question));
            using var answer = await client.AskAsync(isStream ? "/invoke/stream" : "/invoke", question, $"session-{question[7..]}", _limit.Token);
            var body = await answer.Content.ReadAsStringAsync(_limit.Token);
            return ((int)answer.StatusCode, body, _emulator.Control.Counters.TurnsRun(question));
        }
    }
}
