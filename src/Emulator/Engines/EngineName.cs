namespace Sluice.Emulator.Engines;

/// <summary>Which engine a request names. Answers name it by project number.</summary>
internal sealed record EngineName(string Project, string ProjectNumber, string Location, string Id)
{
    public string Resource { get; } = $"projects/{ProjectNumber}/locations/{Location}/reasoningEngines/{Id}";

    public string Asked => $"projects/{Project}/locations/{Location}/reasoningEngines/{Id}";

    public string Session(string id) => $"{Resource}/sessions/{id}";

    /// <summary>Express mode leaves project and location out; they are then the emulator's own.</summary>
    public static EngineName From(HttpContext http, EmulatorOptions options)
    {
        var route = http.Request.RouteValues;
        var project = route["project"] as string ?? options.ProjectNumber;
        var number = project.All(char.IsAsciiDigit) ? project : options.ProjectNumber;
        return new EngineName(project, number, route["location"] as string ?? "us-central1", route["engine"] as string ?? "");
    }
}
