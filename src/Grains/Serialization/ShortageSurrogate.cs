using Sluice.Core.Limits;

namespace Sluice.Grains.Serialization;

[GenerateSerializer, Immutable, Alias("sluice.shortage")]
internal struct ShortageSurrogate
{
    [Id(0)]
    public string Policy;

    [Id(1)]
    public byte Kind;

    [Id(2)]
    public long Limit;

    [Id(3)]
    public TimeSpan Window;

    [Id(4)]
    public string Unit;

    [Id(5)]
    public TimeSpan? RetryAfter;

    [Id(6)]
    public bool IsUnknown;
}

[RegisterConverter]
internal sealed class ShortageConverter : IConverter<Shortage, ShortageSurrogate>
{
    public Shortage ConvertFromSurrogate(in ShortageSurrogate surrogate) =>
        new(new Quota(surrogate.Policy, (QuotaKind)surrogate.Kind, surrogate.Limit, surrogate.Window, surrogate.Unit), surrogate.RetryAfter) { IsUnknown = surrogate.IsUnknown };

    public ShortageSurrogate ConvertToSurrogate(in Shortage value) => new()
    {
        Policy = value.Quota.Name,
        Kind = (byte)value.Quota.Kind,
        Limit = value.Quota.Limit,
        Window = value.Quota.Window,
        Unit = value.Quota.Unit,
        RetryAfter = value.RetryAfter,
        IsUnknown = value.IsUnknown,
    };
}
