namespace Sluice.Bench.Engine;

/// <summary>What a stream of the stub engine looks like; the bench changes it between scenarios, never while streams are open.</summary>
/// <param name="Events">Events a stream.</param>
/// <param name="Gap">Milliseconds between two of them; 0 sends all of them in one write.</param>
internal readonly record struct Pacing(int Events, int Gap)
{
    public const int MaxEvents = 1000;
    public const int MaxGap = TimerWheel.Slots - 1;

    public static Pacing Parse(string query)
    {
        var values = query.Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => int.Parse(pair[1]));
        return new Pacing(Math.Clamp(values["events"], 1, MaxEvents), Math.Clamp(values["gap"], 0, MaxGap));
    }
}
