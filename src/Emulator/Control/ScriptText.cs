using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sluice.Emulator.Wire;

namespace Sluice.Emulator.Control;

/// <summary>Reads a script from a header (<c>fault=stall;after=2</c>) or from JSON with the same names.</summary>
internal static class ScriptText
{
    public static bool TryParse(string header, out Script script, out string problem)
    {
        script = new Script();
        problem = "";
        foreach (var part in header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = part.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (part[..at].Trim(), part[(at + 1)..].Trim()) : (part, "true");
            if (!TrySet(ref script, name, value, out problem)) return false;
        }
        return true;
    }

    public static bool TryParse(JsonObject json, out Script script, out string problem)
    {
        script = new Script();
        problem = "";
        foreach (var (name, node) in json)
        {
            switch (name, node)
            {
                case (_, null):
                    break;
                case ("lines", JsonArray lines):
                    script = script with { Lines = [.. lines.Select(Text)] };
                    break;
                case ("holds", JsonArray holds):
                    if (!TrySet(ref script, "hold", string.Join(',', holds.Select(Text)), out problem)) return false;
                    break;
                case ("faults", JsonArray faults):
                    if (!TrySet(ref script, "faults", string.Join(',', faults.Select(Text)), out problem)) return false;
                    break;
                default:
                    if (!TrySet(ref script, name, Text(node), out problem)) return false;
                    break;
            }
        }
        return true;
    }

    private static string Text(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node?.ToJsonString() ?? "null";

    private static bool TrySet(ref Script script, string name, string value, out string problem)
    {
        var before = script;
        Script? after = name switch
        {
            "engine" => before with { Engine = value },
            "verb" => before with { Verb = value },
            "classMethod" => before with { ClassMethod = value },
            "messageContains" => before with { MessageContains = value },
            "nth" => Count(value) is { } n and >= 1 ? before with { Nth = n } : null,
            "times" => Count(value) is { } n ? before with { Times = n } : null,
            "rate" => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) && rate is >= 0 and <= 1
                ? before with { Rate = rate }
                : null,
            "fault" => FaultNames.TryParse(value, out var fault) ? before with { Fault = fault } : null,
            "faults" => Faults(value) is { } faults ? before with { Faults = faults } : null,
            "after" => Count(value) is { } n ? before with { After = n } : null,
            "delay" => ProtoDuration.TryParse(value, out var delay) ? before with { Delay = delay } : null,
            "retryDelay" => ProtoDuration.TryParse(value, out var retry) ? before with { RetryDelay = retry } : null,
            "quotaLimit" => Count(value) is { } n ? before with { QuotaLimit = n } : null,
            "lineCode" => Count(value) is { } n ? before with { LineCode = n } : null,
            "errorText" => before with { ErrorText = value },
            "wrapError" => bool.TryParse(value, out var wrap) ? before with { WrapError = wrap } : null,
            "turn" => Enum.TryParse<TurnReach>(value, ignoreCase: true, out var turn) ? before with { Turn = turn } : null,
            "rest" => ProtoDuration.TryParse(value, out var rest) ? before with { Rest = rest } : null,
            "eventLag" => ProtoDuration.TryParse(value, out var lag) ? before with { EventLag = lag } : null,
            "hold" => Holds(value) is { } holds ? before with { Holds = holds } : null,
            "framing" => Enum.TryParse<Framing>(value, ignoreCase: true, out var framing) ? before with { Framing = framing } : null,
            "split" => bool.TryParse(value, out var split) ? before with { Split = split } : null,
            "tokens" => Count(value) is { } n ? before with { Tokens = n } : null,
            "gap" => ProtoDuration.TryParse(value, out var gap) ? before with { Gap = gap } : null,
            "text" => before with { Text = value },
            "output" => before with { Output = value },
            _ => null,
        };
        script = after ?? before;
        problem = after is null ? Problem(name, value) : "";
        return after is not null;
    }

    private static string Problem(string name, string value) => name is "fault" or "faults"
        ? $"{name}: '{value}' is not one of {string.Join(", ", FaultNames.All)}"
        : $"{name}: unknown, or '{value}' is not a value it takes; see src/Emulator/README.md";

    private static int? Count(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    // "quota,unavailable"
    private static List<Fault>? Faults(string value)
    {
        var faults = new List<Fault>();
        foreach (var name in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!FaultNames.TryParse(name, out var fault)) return null;
            faults.Add(fault);
        }
        return faults.Count > 0 ? faults : null;
    }

    // "headers@a", "first@b", "3@c", "end@d", separated by commas.
    private static List<Hold>? Holds(string value)
    {
        var holds = new List<Hold>();
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('@') is not [var place, { Length: > 0 } gate]) return null;
            int? before = place switch { "headers" => 0, "first" => 1, "end" => int.MaxValue, _ => Count(place) };
            if (before is not { } number) return null;
            holds.Add(new Hold(gate, number));
        }
        return holds;
    }
}
