using Sluice.Bench.Load;

namespace Sluice.Bench.Driver;

/// <summary>A fresh gateway for each <see cref="Precaution"/>, each in front of a stub engine of its own, all under the same open loop at the same time.</summary>
internal sealed class PrecautionTrial : IDisposable
{
    public const string WarmUpEngine = "warmup";

    /// <summary>Requests a second to each gateway: far below what would saturate it, so that what is lost is lost to the engine.</summary>
    public const int Rate = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<StubEngine> _engines = [];
    private readonly List<RunningTarget> _gateways = [];
    private readonly OpenLoop _load;
    private readonly IReadOnlyList<string> _headers;

    public PrecautionTrial(Target gateway, BenchDirectory directory, Options options)
    {
        _headers = options.Headers;
        foreach (var precaution in Precaution.All)
        {
            var engine = new StubEngine(directory, options.LoadCore, "query");
            _engines.Add(engine);
            _gateways.Add(precaution.Applied(gateway).Start(directory, engine, options.TargetCore));
        }

        _load = new OpenLoop(_gateways.Select(running => running.Port));
        WarmUp(options.Window);
    }

    /// <summary>Calls that the engines have had so far, in the order of <see cref="Precaution.All"/>.</summary>
    public long[] Calls => [.. _engines.Select(engine => engine.Statistics.Calls)];

    /// <summary>From now on this many of a hundred calls fail.</summary>
    public void Fail(int percent) => _engines.ForEach(engine => engine.Fail(percent));

    public OpenFigures[] Load(TimeSpan time) => _load.Run(new OpenPlan(Rate, time) { Headers = _headers });

    /// <summary>Waits until all that left is answered, the repetitions behind it included.</summary>
    public void Drain(params OpenFigures[] figures) => _load.Drain(figures, Patience);

    public void Dispose()
    {
        _load.Dispose();
        _gateways.ForEach(gateway => gateway.Dispose());
        _engines.ForEach(engine => engine.Dispose());
    }

    // Some failures, then only failures: repeating, opening and refusing are compiled before they are measured.
    private void WarmUp(TimeSpan time)
    {
        OpenFigures[] answered = [];
        foreach (var percent in (int[])[30, 100])
        {
            Fail(percent);
            var figures = _load.Run(new OpenPlan(Rate, time / 2, WarmUpEngine) { Headers = _headers });
            Drain(figures);
            answered = answered.Length > 0 ? answered : figures;
        }

        Fail(0);
        for (var i = 0; i < answered.Length; i++)
        {
            if (answered[i].Answered.Count == 0)
            {
                throw new InvalidOperationException($"The {_gateways[i].Name} answers nothing. {answered[i].FirstFailure}");
            }
        }
    }
}
