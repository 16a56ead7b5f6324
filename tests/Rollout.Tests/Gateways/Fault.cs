namespace Sluice.Rollout.Tests.Gateways;

/// <summary>What is wrong with a gateway's answer.</summary>
internal enum Fault
{
    None,

    /// <summary>The connection is closed without one.</summary>
    Dead,

    /// <summary>500.</summary>
    Failing,

    /// <summary>It comes after 1.2 s.</summary>
    Slow,

    /// <summary>A stream is 200 and nothing.</summary>
    Empty,

    /// <summary>A stream says something, and has no end.</summary>
    Cut,

    /// <summary>Health names another revision.</summary>
    AnotherRevision,

    /// <summary>Health names another engine.</summary>
    AnotherEngine,
}
