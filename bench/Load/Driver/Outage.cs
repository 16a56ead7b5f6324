namespace Sluice.Bench.Driver;

/// <summary>An engine that is well, fails every call for a while, and is well again, by what the gateway does about it.</summary>
internal static class Outage
{
    public const string Name = "outage";

    // In windows of the run. By default 30 s, as long as a circuit looks back: a gateway that has served a while, and an outage its circuit must notice.
    private const int Before = 5;
    private const int Dead = 5;
    private const int After = 3;

    public static IEnumerable<OutageFigures> Measure(Target gateway, BenchDirectory directory, Options options)
    {
        using var trial = new PrecautionTrial(gateway, directory, options);
        var before = trial.Load(options.Window * Before);
        trial.Fail(100);
        var calls = trial.Calls;
        var dead = trial.Load(options.Window * Dead);
        trial.Fail(0);
        var callsAtReturn = trial.Calls;
        var after = trial.Load(options.Window * After);
        trial.Drain([.. before, .. dead, .. after]);
        for (var i = 0; i < dead.Length; i++)
        {
            yield return new OutageFigures
            {
                Precaution = Precaution.All[i].Name,
                DeadSeconds = options.Window.TotalSeconds * Dead,
                FailedBefore = before[i].Offered - before[i].Answered.Count,
                Offered = dead[i].Offered,
                Answered = dead[i].Answered.Count,
                Failed = dead[i].Failed.Count,
                Refused = dead[i].Refused.Count,
                Calls = callsAtReturn[i] - calls[i],
                OpenedAfterSeconds = dead[i].FirstRefused,
                FailedP50Ms = dead[i].Failed.Milliseconds(0.5),
                RefusedP50Ms = dead[i].Refused.Milliseconds(0.5),
                RefusedP99Ms = dead[i].Refused.Milliseconds(0.99),
                OfferedAfter = after[i].Offered,
                FailedAfter = after[i].Offered - after[i].Answered.Count,
                AnsweredAgainAfterSeconds = after[i].FirstAnswered,
                LateP99Ms = dead[i].Late.Milliseconds(0.99),
            };
        }
    }
}
