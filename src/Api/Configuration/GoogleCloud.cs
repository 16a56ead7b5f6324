namespace Sluice.Api.Configuration;

/// <summary>Tells without asking the network whether this process runs on Google Cloud: a question to a metadata server that is not there takes seconds.</summary>
internal static class GoogleCloud
{
    // What Google's own client libraries look at, on machines and in the containers on them.
    private const string ProductName = "/sys/class/dmi/id/product_name";

    public static bool IsHere(SettingReader settings) =>
        settings.Foreign("K_SERVICE") is not null || settings.Foreign("GCE_METADATA_HOST") is not null || MachineIsGoogles();

    private static bool MachineIsGoogles()
    {
        try
        {
            return File.Exists(ProductName) && File.ReadAllText(ProductName).Trim() is "Google" or "Google Compute Engine";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not readable in a locked-down container: nothing is known, and Sluice:Telemetry:CloudTrace can still be set.
            return false;
        }
    }
}
