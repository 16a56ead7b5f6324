using System.Globalization;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator;

/// <summary>Reads the flags of <c>sluice-emulator</c>.</summary>
internal static class CommandLine
{
    public const string Usage = """
        sluice-emulator: a Vertex AI Agent Engine on this machine

          --port N               port to listen on; 0 chooses one (default: $PORT, else 8085)
          --http2-port N         also speak HTTP/2 without TLS, on this port
          --any-interface        listen on all interfaces instead of loopback
          --seed N               make ids, answers and fault rates repeat (default 1)
          --project ID           project id of the metadata server (default sluice-local)
          --engine ID=TEMPLATE   an engine with the template adk or query; repeatable
          --only-named-engines   404 for every other engine
          --require-bearer       401 without a bearer token
          --require-issued       401 without a token from this emulator's metadata server
          --tokens N             tokens in every answer (default: what the text takes)
          --tokens-per-second N  pace of the answers (default: no waiting)
          --first-byte D         wait before the first token, such as 200ms or 1.5s
          --cold-start           containers: 4.7 s cold, 0.4 s warm, 9 calls each
          --quota                90 queries, 300 appended events, 100 session writes, 10 000 session reads per minute
          --event-lag D          session events are seen this much later
          --split-chunks         cut stream bodies at random places
          --stream-cap D         cut streams after this long (service: 900s)
          --help                 this text

        An engine id that starts with "adk" is an AdkApp, any other a plain agent.
        """;

    /// <summary>The options; or null and what is wrong, which is empty if help was asked for.</summary>
    public static EmulatorOptions? Parse(IReadOnlyList<string> args, string? portVariable, out string problem)
    {
        problem = "";
        var engines = new Dictionary<string, EngineTemplate>(StringComparer.Ordinal);
        var options = new EmulatorOptions { Port = 8085, Engines = engines };
        if (portVariable is { Length: > 0 }) options = options with { Port = Port(portVariable) ?? -1 };
        for (var i = 0; i < args.Count && problem.Length == 0; i++)
        {
            var flag = args[i];
            if (flag is "--help" or "-h") return null;
            var changed = Switch(options, flag) ?? WithValue(options, engines, flag, i + 1 < args.Count ? args[++i] : "");
            if (changed is null) problem = $"{flag}: unknown flag, or a value it does not take: '{args[i]}'";
            options = changed ?? options;
        }
        if (problem.Length == 0 && options.Port < 0) problem = $"PORT: '{portVariable}' is not a port";
        return problem.Length == 0 ? options : null;
    }

    private static EmulatorOptions? Switch(EmulatorOptions options, string flag) => flag switch
    {
        "--any-interface" => options with { AnyInterface = true },
        "--only-named-engines" => options with { OnlyNamedEngines = true },
        "--require-bearer" => options with { Bearer = BearerCheck.Present },
        "--require-issued" => options with { Bearer = BearerCheck.Issued },
        "--cold-start" => options with { ColdStart = new ColdStartOptions() },
        "--quota" => options with { Quota = new QuotaOptions() },
        "--split-chunks" => options with { SplitChunks = true },
        _ => null,
    };

    private static EmulatorOptions? WithValue(EmulatorOptions options, Dictionary<string, EngineTemplate> engines, string flag, string value)
    {
        switch (flag)
        {
            case "--port" when Port(value) is { } port: return options with { Port = port };
            case "--http2-port" when Port(value) is { } port: return options with { Http2Port = port };
            case "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out var seed): return options with { Seed = seed };
            case "--project" when value.Length > 0: return options with { ProjectId = value };
            case "--tokens" when int.TryParse(value, CultureInfo.InvariantCulture, out var tokens) && tokens >= 0:
                return options with { Answer = options.Answer with { Tokens = tokens } };
            case "--tokens-per-second" when double.TryParse(value, CultureInfo.InvariantCulture, out var rate) && rate > 0:
                return options with { Answer = options.Answer with { Gap = TimeSpan.FromSeconds(1 / rate) } };
            case "--first-byte" when ProtoDuration.TryParse(value, out var wait):
                return options with { Answer = options.Answer with { FirstByte = wait } };
            case "--stream-cap" when ProtoDuration.TryParse(value, out var cap): return options with { StreamCap = cap };
            case "--event-lag" when ProtoDuration.TryParse(value, out var lag): return options with { EventLag = lag };
            case "--engine" when value.Split('=') is [{ Length: > 0 } id, "adk" or "query"]:
                engines[id] = value.EndsWith("=adk", StringComparison.Ordinal) ? EngineTemplate.Adk : EngineTemplate.Query;
                return options;
            default: return null;
        }
    }

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535 ? port : null;
}
