namespace Sluice.Core.Storage;

/// <summary>What can be expected to be wrong with a store.</summary>
public enum StorageFault
{
    /// <summary>As much waits to be written as may.</summary>
    Busy,

    /// <summary>Another process holds it.</summary>
    Locked,

    /// <summary>No room: the disk or a quota.</summary>
    Full,

    /// <summary>What is there cannot be read as what it should be.</summary>
    Corrupt,

    /// <summary>Anything else of the disk or the connection.</summary>
    Unreachable,
}

/// <summary>The store cannot do now what was asked of it. Nothing it has acknowledged before is lost by that.</summary>
/// <param name="fault">What is wrong.</param>
/// <param name="message">For the operator; nothing of what was to be kept.</param>
/// <param name="inner">What the store's own client said.</param>
public sealed class StorageUnavailableException(StorageFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public StorageFault Fault => fault;
}
