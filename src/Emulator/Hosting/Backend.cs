using Sluice.Emulator.Answers;
using Sluice.Emulator.Control;
using Sluice.Emulator.Engines;
using Sluice.Emulator.Identity;
using Sluice.Emulator.Limits;
using Sluice.Emulator.Memories;
using Sluice.Emulator.Sessions;

namespace Sluice.Emulator.Hosting;

/// <summary>Everything that lives as long as the emulator, whether or not its port is open.</summary>
internal sealed class Backend : IDisposable
{
    private readonly Dictionary<string, Containers> _containers = new(StringComparer.Ordinal);

    public Backend(EmulatorOptions options)
    {
        Options = options;
        Ids = new IdSource(options.Seed);
        Answers = new AnswerModel(options);
        Sessions = new SessionStore(Ids, Time, options.RetainedSessions);
        Memories = new MemoryStore(Ids, Time);
        Operations = new OperationStore(Ids, Time, options.OperationTime);
        Quotas = new QuotaBuckets(options.Quota, Time);
        Tokens = new TokenMint(options);
        Engines = new EngineCatalog(options, new PlainAgent(Answers), new AdkApp(options, Sessions, Memories, Answers, Ids));
        Control = new EmulatorControl(
            new CallLog(Time, options.RetainedCalls), new ScriptQueue(options.Seed), new CounterBoard(), Forget, Tokens.Revoke);
    }

    public EmulatorOptions Options { get; }

    public TimeProvider Time => Options.Time;

    public IdSource Ids { get; }

    public AnswerModel Answers { get; }

    public SessionStore Sessions { get; }

    public MemoryStore Memories { get; }

    public OperationStore Operations { get; }

    public QuotaBuckets Quotas { get; }

    public TokenMint Tokens { get; }

    public EngineCatalog Engines { get; }

    public EmulatorControl Control { get; }

    /// <summary>The containers of an engine; null if the model is off.</summary>
    public Containers? ContainersOf(EngineName engine)
    {
        if (Options.ColdStart is not { } model) return null;
        lock (_containers)
        {
            if (!_containers.TryGetValue(engine.Resource, out var containers)) _containers[engine.Resource] = containers = new Containers(model, Time);
            return containers;
        }
    }

    public void Dispose() => Tokens.Dispose();

    private void Forget()
    {
        Sessions.Clear();
        Memories.Clear();
        Quotas.Clear();
    }
}
