using Sluice.Core.Engines;
using Sluice.Core.Engines.Caching;
using Sluice.Core.Turns;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.turn-end")]
internal struct TurnEndSurrogate
{
    [Id(0)]
    public byte State;

    [Id(1)]
    public DateTimeOffset At;

    [Id(2)]
    public EngineFault? Fault;

    [Id(3)]
    public byte? Cancelled;

    [Id(4)]
    public byte Answer;

    [Id(5)]
    public string? FinishReason;

    [Id(6)]
    public TokenUsage? Usage;

    [Id(7)]
    public ServedBy? ServedBy;
}

[RegisterConverter]
internal sealed class TurnEndConverter : IConverter<TurnEnd, TurnEndSurrogate>
{
    public TurnEnd ConvertFromSurrogate(in TurnEndSurrogate surrogate) => new()
    {
        State = (TurnState)surrogate.State,
        At = surrogate.At,
        Fault = surrogate.Fault,
        Cancelled = (CancelReason?)surrogate.Cancelled,
        Answer = (AnswerShape)surrogate.Answer,
        FinishReason = surrogate.FinishReason,
        Usage = surrogate.Usage,
        ServedBy = surrogate.ServedBy,
    };

    public TurnEndSurrogate ConvertToSurrogate(in TurnEnd value) => new()
    {
        State = (byte)value.State,
        At = value.At,
        Fault = value.Fault,
        Cancelled = (byte?)value.Cancelled,
        Answer = (byte)value.Answer,
        FinishReason = value.FinishReason,
        Usage = value.Usage,
        ServedBy = value.ServedBy,
    };
}

[GenerateSerializer, Immutable, Alias("sluice.engine-fault")]
internal struct EngineFaultSurrogate
{
    [Id(0)]
    public byte Kind;

    [Id(1)]
    public string Message;

    [Id(2)]
    public int? UpstreamStatus;

    [Id(3)]
    public TimeSpan? RetryAfter;

    [Id(4)]
    public bool Started;

    [Id(5)]
    public bool NeverStarted;

    [Id(6)]
    public bool RanToItsError;
}

[RegisterConverter]
internal sealed class EngineFaultConverter : IConverter<EngineFault, EngineFaultSurrogate>
{
    public EngineFault ConvertFromSurrogate(in EngineFaultSurrogate surrogate) =>
        new((FaultKind)surrogate.Kind, surrogate.Message, surrogate.UpstreamStatus, surrogate.RetryAfter)
        {
            Started = surrogate.Started,
            NeverStarted = surrogate.NeverStarted,
            RanToItsError = surrogate.RanToItsError,
        };

    public EngineFaultSurrogate ConvertToSurrogate(in EngineFault value) => new()
    {
        Kind = (byte)value.Kind,
        Message = value.Message,
        UpstreamStatus = value.UpstreamStatus,
        RetryAfter = value.RetryAfter,
        Started = value.Started,
        NeverStarted = value.NeverStarted,
        RanToItsError = value.RanToItsError,
    };
}

[GenerateSerializer, Immutable, Alias("sluice.token-usage")]
internal struct TokenUsageSurrogate
{
    [Id(0)]
    public long InputTokens;

    [Id(1)]
    public long OutputTokens;

    [Id(2)]
    public long CachedInputTokens;

    [Id(3)]
    public bool IsEstimated;
}

[RegisterConverter]
internal sealed class TokenUsageConverter : IConverter<TokenUsage, TokenUsageSurrogate>
{
    public TokenUsage ConvertFromSurrogate(in TokenUsageSurrogate surrogate) =>
        new(surrogate.InputTokens, surrogate.OutputTokens, surrogate.CachedInputTokens) { IsEstimated = surrogate.IsEstimated };

    public TokenUsageSurrogate ConvertToSurrogate(in TokenUsage value) => new()
    {
        InputTokens = value.InputTokens,
        OutputTokens = value.OutputTokens,
        CachedInputTokens = value.CachedInputTokens,
        IsEstimated = value.IsEstimated,
    };
}

[GenerateSerializer, Immutable, Alias("sluice.served-by")]
internal struct ServedBySurrogate
{
    [Id(0)]
    public string Engine;

    [Id(1)]
    public string Region;

    [Id(2)]
    public string? MovedFrom;

    [Id(3)]
    public string? Fallback;

    [Id(4)]
    public TimeSpan? Age;

    [Id(5)]
    public byte? Cache;
}

[RegisterConverter]
internal sealed class ServedByConverter : IConverter<ServedBy, ServedBySurrogate>
{
    public ServedBy ConvertFromSurrogate(in ServedBySurrogate surrogate) =>
        new(surrogate.Engine, surrogate.Region) { MovedFrom = surrogate.MovedFrom, Fallback = surrogate.Fallback, Age = surrogate.Age, Cache = (CacheOutcome?)surrogate.Cache };

    public ServedBySurrogate ConvertToSurrogate(in ServedBy value) =>
        new() { Engine = value.Engine, Region = value.Region, MovedFrom = value.MovedFrom, Fallback = value.Fallback, Age = value.Age, Cache = (byte?)value.Cache };
}
