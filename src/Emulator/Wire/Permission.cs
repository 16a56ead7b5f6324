using Sluice.Emulator.Control;

namespace Sluice.Emulator.Wire;

/// <summary>The IAM permission a call needs.</summary>
internal static class Permission
{
    public static string Of(string verb) => verb switch
    {
        Verb.EngineGet => "aiplatform.reasoningEngines.get",
        Verb.SessionCreate => "aiplatform.sessions.create",
        Verb.SessionGet => "aiplatform.sessions.get",
        Verb.SessionList => "aiplatform.sessions.list",
        Verb.SessionPatch => "aiplatform.sessions.update",
        Verb.SessionDelete => "aiplatform.sessions.delete",
        Verb.SessionEvents => "aiplatform.sessionEvents.list",
        Verb.SessionAppendEvent => "aiplatform.sessionEvents.append",
        _ => "aiplatform.reasoningEngines.query",
    };
}
