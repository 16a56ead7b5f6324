using System.Text.Json;
using System.Text.Json.Serialization;
using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Storage;

/// <summary>
/// The end of a turn as JSON. What stands there is read again by later versions: names are given by hand, fields may be added, and one whose word is not known
/// any more is read as the nearest that is.
/// </summary>
internal static class EndJson
{
    public static byte[] Write(TurnEnd end) => JsonSerializer.SerializeToUtf8Bytes(
        new Form
        {
            State = end.State,
            At = end.At,
            Cancelled = end.Cancelled,
            Answer = end.Answer,
            FinishReason = end.FinishReason,
            Usage = end.Usage,
            ServedBy = end.ServedBy,
            Fault = end.Fault is not { } fault ? null : new FaultForm
            {
                Code = fault.Code,
                Message = fault.Message,
                UpstreamStatus = fault.UpstreamStatus,
                RetryAfter = fault.RetryAfter,
                Started = fault.Started,
                NeverStarted = fault.NeverStarted,
                RanToItsError = fault.RanToItsError,
            },
        },
        EndJsonContext.Default.Form);

    /// <exception cref="JsonException">It is not what <see cref="Write"/> writes.</exception>
    public static TurnEnd Read(ReadOnlySpan<byte> json)
    {
        var form = JsonSerializer.Deserialize(json, EndJsonContext.Default.Form) ?? throw new JsonException("The end of a turn is null.");
        return new TurnEnd
        {
            State = form.State,
            At = form.At,
            Cancelled = form.Cancelled,
            Answer = form.Answer,
            FinishReason = form.FinishReason,
            Usage = form.Usage,
            ServedBy = form.ServedBy,
            Fault = form.Fault is not { } fault ? null : new EngineFault(KindOf(fault.Code), fault.Message, fault.UpstreamStatus, fault.RetryAfter)
            {
                Started = fault.Started,
                NeverStarted = fault.NeverStarted,
                RanToItsError = fault.RanToItsError,
            },
        };
    }

    private static FaultKind KindOf(string code) =>
        FaultTable.All.FirstOrDefault(row => string.Equals(row.Code, code, StringComparison.Ordinal))?.Kind ?? FaultKind.Internal;

    internal sealed record Form
    {
        public required TurnState State { get; init; }

        public required DateTimeOffset At { get; init; }

        public FaultForm? Fault { get; init; }

        public CancelReason? Cancelled { get; init; }

        public AnswerShape Answer { get; init; }

        public string? FinishReason { get; init; }

        public TokenUsage? Usage { get; init; }

        public ServedBy? ServedBy { get; init; }
    }

    internal sealed record FaultForm
    {
        public required string Code { get; init; }

        public required string Message { get; init; }

        public int? UpstreamStatus { get; init; }

        public TimeSpan? RetryAfter { get; init; }

        public bool Started { get; init; }

        public bool NeverStarted { get; init; }

        public bool RanToItsError { get; init; }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(EndJson.Form))]
[JsonSerializable(typeof(EngineSession[]))]
internal sealed partial class EndJsonContext : JsonSerializerContext;
