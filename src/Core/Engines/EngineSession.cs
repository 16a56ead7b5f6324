namespace Sluice.Core.Engines;

/// <summary>A session that an engine keeps for one of ours.</summary>
/// <param name="Engine">Configured name of the engine.</param>
/// <param name="Region">Which of its regions holds it: no other knows it.</param>
/// <param name="Id">The engine's own id.</param>
public sealed record EngineSession(string Engine, string Region, string Id);
