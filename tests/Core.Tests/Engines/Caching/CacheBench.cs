using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Engines.Fallbacks;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Engines.Caching;

/// <summary>An engine behind a cache that keeps answers for a minute, and a clock a test moves.</summary>
internal sealed class CacheBench : IAsyncDisposable
{
    private readonly RevisedEngine _revised;
    private readonly EngineDirectory _directory;

    public CacheBench(ScriptedEngine? engine = null, CachePolicy? policy = null, params FallbackChoice[] fallbacks)
    {
        Engine = engine ?? new ScriptedEngine();
        Cache = new AnswerCache((policy ?? new CachePolicy()) with { Ttl = TimeSpan.FromMinutes(1) }, Time);
        _revised = new RevisedEngine(Engine);
        _directory = new EngineDirectory([new NamedEngine("default", _revised) { Fallbacks = fallbacks }], Cache);
    }

    public ManualTime Time { get; } = new();

    public ScriptedEngine Engine { get; }

    public AnswerCache Cache { get; }

    public string? Revision
    {
        set => _revised.Revision = value;
    }

    /// <summary>An engine that answers by itself, with how often it was asked.</summary>
    public static ScriptedEngine Counting(Action<ScriptedCall>? first = null, EngineOutcome? outcome = null)
    {
        var asked = 0;
        return new ScriptedEngine
        {
            Script = (call, _) =>
            {
                first?.Invoke(call);
                call.Emit($"answer {++asked}", ".");
                return new(outcome ?? new EngineOutcome
                {
                    Answer = AnswerShape.Text,
                    FinishReason = "STOP",
                    Usage = new TokenUsage(3, 5),
                    ServedBy = new ServedBy("default", "here"),
                });
            },
        };
    }

    public Task<EngineOutcome> RunAsync(FakeTurn turn, CancellationToken cancellationToken = default) => _directory.RunAsync(turn, cancellationToken).AsTask();

    public async Task<CacheOutcome?> AskAsync(string text, bool isFirst = true, bool isStateless = false, CacheControl control = default) =>
        (await RunAsync(FakeTurn.Saying(text, isFirst: isFirst, isStateless: isStateless, control: control))).ServedBy?.Cache;

    public ValueTask DisposeAsync() => _directory.DisposeAsync();

    private sealed class RevisedEngine(ScriptedEngine engine) : IEngine
    {
        public string? Revision { get; set; }

        public ValueTask<EngineOutcome> RunAsync(IEngineTurn turn, CancellationToken cancellationToken) => engine.RunAsync(turn, cancellationToken);

        public string? RevisionIn(string region) => region == "here" ? Revision : null;
    }
}
