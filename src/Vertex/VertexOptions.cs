using System.ComponentModel.DataAnnotations;
using Sluice.Vertex.Recovery;

namespace Sluice.Vertex;

/// <summary>How an engine wants to be called.</summary>
public enum DialectChoice
{
    /// <summary>As the engine's own list of methods says.</summary>
    Auto,

    /// <summary>Plain <c>:query</c> and <c>:streamQuery</c>.</summary>
    Query,

    /// <summary>The class methods of an ADK application, with sessions in the engine.</summary>
    Adk,
}

/// <summary>One engine and how to call it. Each option states its default, unit, bounds and reason; <see cref="Validate"/> holds the bounds.</summary>
public sealed record VertexOptions
{
    /// <summary>What the configuration calls the engine, in all its regions.</summary>
    public string Name { get; init; } = "default";

    public required EngineName Engine { get; init; }

    /// <summary>Base URL in place of Google's regional host. Default none. Plain http is for loopback only; it is called without credentials.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary><c>v1beta1</c> (default) or <c>v1</c>: both have the same query methods.</summary>
    public string ApiVersion { get; init; } = "v1beta1";

    /// <summary>Default Auto. Any other choice asks the engine nothing: for a gateway that may not read the engine resource.</summary>
    public DialectChoice Dialect { get; init; }

    /// <summary>Project to count quota against; default that of the credentials.</summary>
    public string? QuotaProject { get; init; }

    /// <summary>Until a connection stands, TLS included. Default 10 s, up to 2 min: Direct VPC egress may need long, but rarely.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From sending a <c>:query</c> to the last byte of its answer. Default 60 s, up to an hour.</summary>
    public TimeSpan QueryTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// From sending a <c>:streamQuery</c> to its first event. Default 120 s, as Google's own command lines wait for a stream: a cold container takes ten
    /// seconds, and an agent without token streaming says nothing until its first model call has ended. Up to an hour.
    /// </summary>
    public TimeSpan FirstEventTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Silence between bytes of a stream. Default 300 s, up to an hour: tools run in silence.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>A whole call. Default 900 s, up to an hour: Agent Engine itself cuts a stream after 15 minutes.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(900);

    /// <summary>Reading the engine's list of methods. Default 10 s, up to a minute; after that the turn goes on without it.</summary>
    public TimeSpan DiscoveryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>HTTP/1.1 connections to the engine. Default 2048, up to 65 000; at the bound calls wait for one within their timeouts.</summary>
    public int MaxConnections { get; init; } = 2048;

    /// <summary>
    /// One event, or the body of a <c>:query</c>. Default 8 MiB, the bytes a turn's log holds; 1 KiB to 256 MiB. At the bound: <c>answer_too_large</c>.
    /// </summary>
    public int MaxEventBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>All bytes of a stream. Default 64 MiB, 1 KiB to 2 GiB: a token costs about 500 bytes of event. At the bound: <c>answer_too_large</c>.</summary>
    public long MaxAnswerBytes { get; init; } = 64L * 1024 * 1024;

    /// <summary>How a turn is looked for whose answer did not arrive whole.</summary>
    public RecoveryPolicy Recovery { get; init; } = new();

    internal Uri BaseUri => Endpoint ?? Engine.RegionalHost;

    /// <summary>Whether calls carry a Google access token: always, but over plain http.</summary>
    public bool NeedsCredentials => BaseUri.Scheme == Uri.UriSchemeHttps;

    /// <exception cref="ValidationException">An option is out of its bounds; the message names it.</exception>
    public void Validate()
    {
        if (Endpoint is not null)
        {
            Require(Endpoint.IsAbsoluteUri && (Endpoint.Scheme == Uri.UriSchemeHttps || (Endpoint.Scheme == Uri.UriSchemeHttp && Endpoint.IsLoopback)),
                nameof(Endpoint), "an absolute https URL, or http on loopback");
            Require(Endpoint.UserInfo.Length == 0 && Endpoint.Query.Length == 0 && Endpoint.Fragment.Length == 0,
                nameof(Endpoint), "a URL without user, query and fragment");
        }

        Require(ApiVersion is "v1" or "v1beta1", nameof(ApiVersion), "v1 or v1beta1");
        Require(Enum.IsDefined(Dialect), nameof(Dialect), "Auto, Query or Adk");
        Within(ConnectTimeout, TimeSpan.FromMinutes(2), nameof(ConnectTimeout));
        Within(QueryTimeout, TimeSpan.FromHours(1), nameof(QueryTimeout));
        Within(FirstEventTimeout, TimeSpan.FromHours(1), nameof(FirstEventTimeout));
        Within(IdleTimeout, TimeSpan.FromHours(1), nameof(IdleTimeout));
        Within(TotalTimeout, TimeSpan.FromHours(1), nameof(TotalTimeout));
        Within(DiscoveryTimeout, TimeSpan.FromMinutes(1), nameof(DiscoveryTimeout));
        Require(MaxConnections is >= 1 and <= 65_000, nameof(MaxConnections), "1 to 65000");
        Require(MaxEventBytes is >= 1024 and <= 256 * 1024 * 1024, nameof(MaxEventBytes), "1024 to 268435456 bytes");
        Require(MaxAnswerBytes is >= 1024 and <= 2L * 1024 * 1024 * 1024, nameof(MaxAnswerBytes), "1024 to 2147483648 bytes");
        Recovery.Validate();
    }

    private static void Within(TimeSpan value, TimeSpan most, string name) =>
        Require(value > TimeSpan.Zero && value <= most, name, $"more than zero, up to {most}");

    private static void Require(bool holds, string name, string form)
    {
        if (!holds)
        {
            throw new ValidationException($"{name} must be {form}.");
        }
    }
}
