using System.Globalization;
using Sluice.Core.Engines;
using Sluice.Core.Turns;

namespace Sluice.Storage.Postgres;

/// <summary>
/// What a wake-up says: a letter for its kind, and ids in hexadecimal digits. <c>l</c>: there are letters. <c>r id</c>: a letter was answered. <c>t id</c>: a turn has moved.
/// <c>f node id ...</c>: a node follows turns. <c>c node ms engine</c>: a node's circuit in front of an engine is open for so long; a <c>-</c> for them: it has closed.
/// </summary>
internal static class WakeUp
{
    public const string Letter = "l";
    public const string Reply = "r";
    public const string Moved = "t";
    public const string Follow = "f";
    public const string Circuit = "c";

    private const string HasClosed = "-";

    public static string Of(string kind, TurnId id) => $"{kind} {id}";

    public static string Followed(int node, IEnumerable<TurnId> turns) => string.Create(CultureInfo.InvariantCulture, $"{Follow} {node} {string.Join(' ', turns)}");

    /// <summary>Null in <c>Kind</c>: of a later version, and nothing to this one.</summary>
    public static (string? Kind, int Node, TurnId[] Ids) Read(string payload)
    {
        var words = payload.Split(' ');
        var isFollow = words[0] == Follow && words.Length > 1;
        var node = isFollow && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        TurnId[] ids = [.. words.Skip(isFollow ? 2 : 1).Select(word => TurnId.TryParse(word, out var id) ? id : default).Where(id => id != default)];
        return (words[0] switch
        {
            Letter => Letter,
            Reply or Moved when ids.Length == 1 => words[0],
            Follow when node > 0 => Follow,
            _ => null,
        }, node, ids);
    }

    public static string Reported(int node, CircuitReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Circuit} {node} {(report.TriedAgainIn is { } wait ? ((long)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) : HasClosed)} {report.Resource}");

    /// <summary>Null: it is no report of a circuit.</summary>
    public static (int Node, CircuitReport Report)? ReadReport(string payload) =>
        payload.Split(' ') is [Circuit, var from, var wait, var resource] && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var node)
            ? wait == HasClosed ? (node, new CircuitReport(resource, TriedAgainIn: null))
                : int.TryParse(wait, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) ? (node, new CircuitReport(resource, TimeSpan.FromMilliseconds(milliseconds)))
                : null
            : null;
}
