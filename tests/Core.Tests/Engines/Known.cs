using Sluice.Core.Engines;
using Sluice.Core.Engines.Fallbacks;
using Sluice.TestKit;

namespace Sluice.Core.Tests.Engines;

/// <summary>Engines in few words.</summary>
internal static class Known
{
    public static readonly FallbackChoice Stale = new(FallbackKind.Stale);
    public static readonly FallbackChoice Sorry = new(FallbackKind.Text, "Sorry, \"no\".");

    public static FallbackChoice To(string engine) => new(FallbackKind.Engine, engine);

    public static NamedEngine Named(string name, IEngine engine, params FallbackChoice[] fallbacks) => new(name, engine) { Fallbacks = fallbacks };

    /// <summary>Answers with these chunks.</summary>
    public static ScriptedEngine Saying(params string[] chunks) => new()
    {
        Script = (call, _) =>
        {
            call.Emit(chunks);
            return new(new EngineOutcome { Answer = AnswerShape.Text, FinishReason = "STOP", Usage = new TokenUsage(1, 2), ServedBy = new ServedBy("there", "here") });
        },
    };

    public static ScriptedEngine Failing(FaultKind kind = FaultKind.Unreachable, string message = "gone") => new()
    {
        Script = (_, _) => new(EngineOutcome.Failed(new EngineFault(kind, message))),
    };

    public static ValueTask<EngineOutcome> RunAsync(this IEngine engine, FakeTurn turn) => engine.RunAsync(turn, CancellationToken.None);
}
