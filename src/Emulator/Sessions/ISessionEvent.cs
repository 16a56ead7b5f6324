using System.Text.Json.Nodes;

namespace Sluice.Emulator.Sessions;

/// <summary>Something in a session's history, shown by class methods in one shape and by REST in another.</summary>
internal interface ISessionEvent
{
    DateTimeOffset Time { get; }

    JsonObject ToAdk();

    JsonObject ToRest(string sessionName);
}
