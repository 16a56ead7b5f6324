namespace Sluice.PostgresKit;

/// <summary>
/// A fact that needs a PostgreSQL server. Where there is none to be had it is skipped and says so; in continuous integration
/// (<c>CI=true</c>) it runs and fails, because there a skipped test is a hole.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    /// <param name="own">Whether the server has to be the tests' own, because they stop or restart it.</param>
    public PostgresFactAttribute(bool own = false) => Skip = PostgresServer.WhyNot(own);
}

/// <summary>A theory that needs a PostgreSQL server, as <see cref="PostgresFactAttribute"/> is a fact.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresTheoryAttribute : TheoryAttribute
{
    /// <param name="own">Whether the server has to be the tests' own, because they stop or restart it.</param>
    public PostgresTheoryAttribute(bool own = false) => Skip = PostgresServer.WhyNot(own);
}
