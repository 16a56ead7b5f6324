namespace Sluice.Emulator.Engines;

/// <summary>A deployed Python object: the methods it registered, and what each does.</summary>
internal interface IAgent
{
    /// <summary>The framework named by the engine resource.</summary>
    string Framework { get; }

    IReadOnlyList<ClassMethod> Methods { get; }

    Reply Invoke(Invocation invocation);
}
