using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>What holds for gRPC alone. Bounds and times of requests are those of HTTP.</summary>
internal sealed record GrpcOptions
{
    public static readonly SettingSection Section = new("Grpc", "What holds for gRPC alone, with Sluice:Role grpc");

    private static readonly Setting<bool> ReflectionSetting = Section.Add(
        "Reflection", Switch, false,
        "Tell everyone who asks what services and messages there are, as grpcurl does. In Development that is always told.");

    private static readonly Setting<int> StreamsPerConnectionSetting = Section.Add(
        "StreamsPerConnection", Count(1, 10_000), 1_000,
        "Calls at a time on one connection; a client keeps more of them waiting. A proxy in front brings the calls of many clients on one.");

    public required bool Reflection { get; init; }

    public required int StreamsPerConnection { get; init; }

    public static GrpcOptions Read(SettingReader settings, bool isDevelopment) => new()
    {
        Reflection = settings.Get(ReflectionSetting) || isDevelopment,
        StreamsPerConnection = settings.Get(StreamsPerConnectionSetting),
    };
}
