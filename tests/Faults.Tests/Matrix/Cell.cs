using System.Globalization;

namespace Sluice.Faults.Tests.Matrix;

/// <summary>One way to meet a fault.</summary>
/// <param name="Number">From 0 over the whole matrix: seeds what is random about it.</param>
/// <param name="Row">Which fault.</param>
/// <param name="IsAdk">An ADK application, or a plain agent.</param>
/// <param name="IsStream">Asked by <c>/invoke/stream</c>, or by <c>/invoke</c>.</param>
/// <param name="IsRetry">The fault meets the second call, behind a 503.</param>
internal sealed record Cell(int Number, FaultRow Row, bool IsAdk, bool IsStream, bool IsRetry)
{
    /// <summary>As <see cref="FaultStage.Settings"/> say.</summary>
    private const int Attempts = 3;

    private const string Wonder = "and wonders";

    public string Path => IsStream ? "/invoke/stream" : "/invoke";

    /// <summary>Names the cell in the emulator's books: no other's contains it.</summary>
    public string Mark => string.Create(CultureInfo.InvariantCulture, $"cell-{Number:D4}");

    /// <summary>For what goes wrong beside the turn's own call.</summary>
    public string OwnEngine => string.Create(CultureInfo.InvariantCulture, $"adk-{Number}");

    public string Question => Row.IsTool ? $"{Mark} asks what time it is" : $"{Mark} {Wonder}";

    public string Answer => Row.IsTool ? "It is 10:30." : $"You said: {Mark} {Wonder}";

    public Outcome Expected
    {
        get
        {
            var written = (IsAdk, IsStream) switch
            {
                (true, _) => Row.Adk!,
                (_, true) => Row.Stream!,
                _ => Row.Query!,
            };
            var calls = IsRetry && written.Calls > 0 ? Math.Min(written.Calls + 1, Attempts) : written.Calls;
            var status = IsStream && Row.IsMidStream ? 200 : written.Status;
            return written with { Calls = calls, Status = status };
        }
    }

    public static IEnumerable<Cell> Of(IEnumerable<FaultRow> rows) => rows.SelectMany(Of).Select(static (cell, number) => cell with { Number = number });

    private static IEnumerable<Cell> Of(FaultRow row) =>
        from isAdk in (bool[])[false, true]
        from isStream in (bool[])[false, true]
        where (isAdk ? row.Adk : isStream ? row.Stream : row.Query) is not null
        from isRetry in (bool[])[false, true]
        select new Cell(0, row, isAdk, isStream, isRetry);

    public override string ToString() =>
        $"{(IsAdk ? "adk" : "plain")} {Path}{(IsRetry ? " behind a 503" : "")}";
}
