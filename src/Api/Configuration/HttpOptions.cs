using Sluice.Api.Endpoints;
using Sluice.Api.Limits;
using static Sluice.Api.Configuration.Form;

namespace Sluice.Api.Configuration;

/// <summary>Bounds and times of the HTTP surface, as <see cref="HttpSurfaceOptions"/> declares them.</summary>
internal static class HttpOptions
{
    public static readonly SettingSection Section = new("Http", "Requests and answers, over HTTP and gRPC");

    private static readonly HttpSurfaceOptions Unset = new();

    private static readonly Setting<long> MaxBodyBytes = Section.Add(
        "MaxBodyBytes", Size(1024, 64 * 1024 * 1024), Unset.MaxBodyBytes,
        "Size of a request body. Above it: 413.");

    private static readonly Setting<long> MaxTextBytes = Section.Add(
        "MaxTextBytes", Size(3, 64 * 1024 * 1024), Unset.MaxTextBytes,
        "Size of text as written in a body, quotes included. Above it: 413.");

    private static readonly Setting<int> MaxDepth = Section.Add(
        "MaxDepth", Count(2, 1000), Unset.MaxDepth,
        "Levels of objects and arrays in a body. Above it: 400.");

    private static readonly Setting<bool> StatelessIfUnnamed = Section.Add(
        "StatelessIfUnnamed", Switch, Unset.StatelessIfUnnamed,
        "A request without session_id counts as stateless unless it says otherwise: its caller does not go on in the session it is given. Matters to Sluice:Cache.");

    private static readonly Setting<int> BatchItems = Section.Add(
        "BatchItems", Count(1, 256), Unset.BatchItems,
        "Items of a batch. Above it: 400.");

    private static readonly Setting<int> BatchParallelism = Section.Add(
        "BatchParallelism", Count(1, 64), Unset.BatchParallelism,
        "Items of a batch that run at a time.");

    private static readonly Setting<long> BatchAnswerBytes = Section.Add(
        "BatchAnswerBytes", Size(64 * 1024, 256 * 1024 * 1024), Unset.BatchAnswerBytes,
        "Size of all answers to a batch together. An item whose answer does not fit in any more is answered with 502; its turn has it.");

    private static readonly Setting<TimeSpan> HeadHold = Section.Add(
        "HeadHold", Duration(TimeSpan.Zero, TimeSpan.FromSeconds(10)), Unset.HeadHold,
        "How long a stream's 200 is held back for the first event, so that an early failure can still be a status.");

    private static readonly Setting<TimeSpan> HeartbeatInterval = Section.Add(
        "HeartbeatInterval", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), Unset.HeartbeatInterval,
        "Silence on a stream after which a comment line is sent; proxies close silent connections, many after 30 s.");

    private static readonly Setting<TimeSpan> Grace = Section.Add(
        "Grace", Duration(TimeSpan.Zero, TimeSpan.FromHours(1)), Unset.Grace,
        "How long a turn that can be resumed goes on with no reader; 0s cancels it with its client.");

    private static readonly Setting<int> SlowestReader = Section.Add(
        "SlowestReader", Count(1, 1024 * 1024), Unset.SlowestReader,
        "Bytes per second a reader has to take while something waits for it. Below it the connection is cut; the turn goes on.");

    private static readonly Setting<int> SlowestSender = Section.Add(
        "SlowestSender", Count(1, 1024 * 1024), Unset.SlowestSender,
        "Bytes per second of a request body. Below it: 408.");

    private static readonly Setting<TimeSpan> SlownessGrace = Section.Add(
        "SlownessGrace", Duration(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(5)), Unset.SlownessGrace,
        "How long slowness is allowed before it counts.");

    private static readonly Setting<long> ResponseBufferBytes = Section.Add(
        "ResponseBufferBytes", Size(4096, 1024 * 1024), Unset.ResponseBufferBytes,
        "Bytes of a response that wait for their reader; more wait in the turn's log.");

    private static readonly Setting<TimeSpan> HeadersTimeout = Section.Add(
        "HeadersTimeout", Duration(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2)), Unset.HeadersTimeout,
        "How long a client may take to send its headers. Beyond it: 408.");

    private static readonly Setting<TrustedProxies?> Proxies = Section.Add(
        "TrustedProxies",
        new Form<TrustedProxies?>("a number of hops from 1 to 16, or networks such as 10.0.0.0/8, 2001:db8::/32 between commas, at most 64", TrustedProxies.TryParse, value => value!.ToString()),
        Unset.TrustedProxies,
        "Whose word for a client's address is believed: so many proxies in front of the gateway (Cloud Run by itself is 1, behind a load balancer 2), or those in some networks. Unset: nobody's.");

    private static readonly Setting<ForwardedHeader> Forwarded = Section.Add(
        "ForwardedHeader", Choice<ForwardedHeader>(), Unset.ForwardedHeader,
        "The one header those proxies write the address in: X-Forwarded-For or Forwarded. The other is not looked at, for a client may have sent it.");

    public static HttpSurfaceOptions Read(SettingReader settings) => new()
    {
        MaxBodyBytes = (int)settings.Get(MaxBodyBytes),
        MaxTextBytes = (int)settings.Get(MaxTextBytes),
        MaxDepth = settings.Get(MaxDepth),
        StatelessIfUnnamed = settings.Get(StatelessIfUnnamed),
        BatchItems = settings.Get(BatchItems),
        BatchParallelism = settings.Get(BatchParallelism),
        BatchAnswerBytes = (int)settings.Get(BatchAnswerBytes),
        HeadHold = settings.Get(HeadHold),
        HeartbeatInterval = settings.Get(HeartbeatInterval),
        Grace = settings.Get(Grace),
        SlowestReader = settings.Get(SlowestReader),
        SlowestSender = settings.Get(SlowestSender),
        SlownessGrace = settings.Get(SlownessGrace),
        ResponseBufferBytes = (int)settings.Get(ResponseBufferBytes),
        HeadersTimeout = settings.Get(HeadersTimeout),
        TrustedProxies = settings.Get(Proxies),
        ForwardedHeader = settings.Get(Forwarded),
    };
}
