using System.ComponentModel.DataAnnotations;
using Sluice.Api.Limits;

namespace Sluice.Api.Endpoints;

/// <summary>Bounds and times of the HTTP surface. Each says its unit, its bounds, and what happens at the bound.</summary>
internal sealed record HttpSurfaceOptions
{
    /// <summary>Bytes of a request body, with or without a Content-Length. 1 KiB to 64 MiB, default 4 MiB. At the bound: 413.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of <c>text</c> as written in the body, quotes included. 3 bytes to 64 MiB, default 1 MiB. At the bound: 413.</summary>
    [Range(3, 64 * 1024 * 1024)]
    public int MaxTextBytes { get; init; } = 1024 * 1024;

    /// <summary>Levels of objects and arrays in a body. 2 to 1000, default 64. At the bound: 400.</summary>
    [Range(2, 1000)]
    public int MaxDepth { get; init; } = 64;

    /// <summary>
    /// A request that names no session counts as stateless unless it says that it is not. Default false: its caller may go on in the session it is given.
    /// </summary>
    public bool StatelessIfUnnamed { get; init; }

    /// <summary>Items of a batch. 1 to 256, default 32. At the bound: 400.</summary>
    [Range(1, 256)]
    public int BatchItems { get; init; } = 32;

    /// <summary>Items of a batch that run at a time; the others wait. 1 to 64, default 8.</summary>
    [Range(1, 64)]
    public int BatchParallelism { get; init; } = 8;

    /// <summary>Bytes of a batch's answers. 64 KiB to 256 MiB, default 16 MiB. An answer that does not fit in any more is left with its turn: 502 for that item.</summary>
    [Range(64 * 1024, 256 * 1024 * 1024)]
    public int BatchAnswerBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long a new stream waits for the engine's first event before its 200 goes out, so that a quick failure still has its own status. 0 to 10 s,
    /// default 300 ms; with 0 the first id goes out at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan HeadHold { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// Silence after which a stream gets a comment line. 1 s to 5 min, default 15 s: proxies commonly cut a response that was silent for 30 or 60 s.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a turn that somebody can come back to goes on with no reader. 0 to 1 h, default 30 s. At the bound: cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Slowest reader, in bytes per second while something waits to be sent; silence does not count. 1 to 1 MiB, default 1 KiB. Below it the connection is cut;
    /// the turn goes on and is found by its cursor.
    /// </summary>
    [Range(1, 1024 * 1024)]
    public int SlowestReader { get; init; } = 1024;

    /// <summary>
    /// Slowest sender of a request body, in bytes per second. 1 to 1 MiB, default 240. Below it: 408 and the connection is cut.
    /// </summary>
    [Range(1, 1024 * 1024)]
    public int SlowestSender { get; init; } = 240;

    /// <summary>
    /// What <see cref="SlowestReader"/> and <see cref="SlowestSender"/> allow before they count. 2 s to 5 min, default 10 s: Kestrel looks once a second.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:02", "00:05:00")]
    public TimeSpan SlownessGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of a response that wait for their reader; more wait in the turn's log. 4 KiB to 1 MiB, default 64 KiB.</summary>
    [Range(4096, 1024 * 1024)]
    public int ResponseBufferBytes { get; init; } = 64 * 1024;

    /// <summary>From a connection's first byte to the end of its request headers. 1 s to 2 min, default 15 s. At the bound: 408 and the connection is cut.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whose word for a client's address is believed. Null, the default: nobody's, the address is the connection's.</summary>
    public TrustedProxies? TrustedProxies { get; init; }

    /// <summary>The one header in which they say it.</summary>
    public ForwardedHeader ForwardedHeader { get; init; }
}
