using System.Globalization;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Calls;
using Sluice.Vertex.Transport;

namespace Sluice.Vertex.Recovery;

/// <summary>Reads what an engine has kept of one of its sessions, from a moment on.</summary>
internal sealed class SessionReader(EngineExchange exchange, EngineRoutes routes, Pulse pulse)
{
    /// <summary>Reading a page takes the engine some tens of milliseconds.</summary>
    public static readonly TimeSpan PageTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Ten times a hundred events: a turn has a few, and all but the first reading of a session asks for the newest only.</summary>
    private const int MostPages = 10;

    /// <param name="session">The engine's id of it: see <see cref="EngineName.IsId"/>.</param>
    /// <param name="from">By the engine's clock; null: all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async ValueTask<(SessionHistory? History, EngineFault? Fault)> ReadAsync(string session, DateTimeOffset? from, CancellationToken cancellationToken)
    {
        var query = from is { } moment
            ? "&filter=" + Uri.EscapeDataString($"timestamp>=\"{moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture)}\"")
            : "";
        List<SessionEvent> events = [];
        var next = "";
        for (var pages = 0; pages < MostPages; pages++)
        {
            using var call = new EngineCall(pulse, PageTimeout, PageTimeout, cancellationToken);
            using var page = new EventsPage();
            var request = new EngineRequest(routes.SessionEvents(session, query + next), Body: null, IsStream: false);
            if (await exchange.RunAsync(request, page, call, activity: null) is { } fault)
            {
                return (null, fault);
            }

            events.AddRange(page.Events);
            if (page.NextPage is null)
            {
                return (new SessionHistory(events, page.ReadAt), null);
            }

            next = "&pageToken=" + Uri.EscapeDataString(page.NextPage);
        }

        return (null, new EngineFault(FaultKind.AnswerTooLarge, "The engine's session has more events than the gateway reads."));
    }
}
