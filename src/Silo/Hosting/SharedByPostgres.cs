namespace Sluice.Silo.Hosting;

/// <summary>A database is what the processes of a cluster share: whoever names one need not say as well that it is shared.</summary>
internal static class SharedByPostgres
{
    private const string Host = "Sluice__Host";

    public static IReadOnlyDictionary<string, string> In(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault("ConnectionStrings__Postgres") is not { Length: > 0 } || environment.GetValueOrDefault(Host) is { Length: > 0 }
            ? environment
            : new Dictionary<string, string>(environment, StringComparer.Ordinal) { [Host] = "replicas" };
}
