namespace Sluice.Core.Callers;

/// <summary>What a caller may do, within its tenant.</summary>
[Flags]
public enum Scopes
{
    None = 0,

    /// <summary>Start turns and follow them by their cursors, cancel them, forget sessions.</summary>
    Invoke = 1,

    /// <summary>Look at sessions and turns, and follow turns by their cursors.</summary>
    Read = 2,

    /// <summary>See how the gateway itself is doing, over all tenants.</summary>
    Operate = 4,

    All = Invoke | Read | Operate,
}
