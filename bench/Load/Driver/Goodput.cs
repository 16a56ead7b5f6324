namespace Sluice.Bench.Driver;

/// <summary>What callers get of an engine that fails a share of its calls, all along, by what the gateway does about it.</summary>
internal static class Goodput
{
    public const string Name = "goodput";

    private static readonly int[] Shares = [0, 10, 30, 60];

    public static IEnumerable<GoodputFigures> Measure(Target gateway, BenchDirectory directory, Options options)
    {
        foreach (var percent in Shares)
        {
            using var trial = new PrecautionTrial(gateway, directory, options);
            trial.Fail(percent);
            var before = trial.Calls;
            var loads = trial.Load(options.Window * 4);
            trial.Drain(loads);
            var calls = trial.Calls;
            for (var i = 0; i < loads.Length; i++)
            {
                yield return new GoodputFigures
                {
                    Percent = percent,
                    Precaution = Precaution.All[i].Name,
                    Offered = loads[i].Offered,
                    Answered = loads[i].Answered.Count,
                    Refused = loads[i].Refused.Count,
                    Failed = loads[i].Failed.Count,
                    Unanswered = loads[i].Unanswered,
                    Calls = calls[i] - before[i],
                    AnsweredP50Ms = loads[i].Answered.Milliseconds(0.5),
                    AnsweredP99Ms = loads[i].Answered.Milliseconds(0.99),
                    RefusedP50Ms = loads[i].Refused.Milliseconds(0.5),
                    LateP99Ms = loads[i].Late.Milliseconds(0.99),
                    FirstFailure = loads[i].FirstFailure,
                };
            }
        }
    }
}
